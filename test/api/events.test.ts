import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Event } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { ask } from "./ask.ts";

const WAIT = { waitSeconds: 60 };
let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());

type User = Awaited<ReturnType<World["user"]>>;
const types = (events: Event[]) => events.map(({ type }) => type);
async function lifetime(user: User): Promise<string> {
  const { id } = await user.containers.create({ image: "busybox", command: ["true"] });
  await user.containers.wait(id);
  await user.containers.remove(id, WAIT);
  return id;
}
const LIFETIME = [
  "container.requested",
  "container.started",
  "container.exited",
  "container.changed",
  "container.removed",
];
/** A feed read in the background into a list. */
function follow(user: User, options: Parameters<User["events"]["stream"]>[0] = {}) {
  const leave = new AbortController();
  const seen: Event[] = [];
  const done = (async () => {
    for await (const event of user.events.stream({ ...options, signal: leave.signal })) seen.push(event);
  })().catch((error: unknown) => assert.match(String(error), /aborted/));
  return { seen, leave: () => (leave.abort(), done) };
}

describe("the event feed", () => {
  test("tells a container's life in order, however short it was", async () => {
    const user = await world.user();
    const id = await lifetime(user);
    await eventually(
      "its end can be read",
      async () => (await user.events.list({ type: "container.removed" })).length === 1,
    );
    const events = await user.events.list();
    assert.deepEqual(types(events), LIFETIME);
    assert.ok(events.every(({ subject, id: eventId }) => subject === id && eventId.startsWith("evt_")));
    assert.deepEqual(events.find(({ type }) => type === "container.exited")?.data, {
      name: events[0]?.data["name"],
      cause: "completed",
      exitCode: 0,
    });
  });

  test("comes live, and tells nothing again that could be read before", async () => {
    const user = await world.user();
    await user.volumes.create({ name: "before" });
    await eventually("it can be read", async () => (await user.events.list()).length === 1);
    const feed = follow(user);
    let made = 0;
    await eventually("the feed is open", async () => {
      await user.volumes.create({ name: `v${++made}` });
      return feed.seen.length > 0;
    });
    await eventually(
      "the last one is told",
      async () => (await user.volumes.list({ limit: 1 })).items[0]?.id === feed.seen.at(-1)?.subject,
    );
    assert.ok(feed.seen.every(({ data }) => data["name"] !== "before"));
    await feed.leave();
  });

  test("resumed after any event has neither a gap nor a double, also while many write at once", async () => {
    const user = await world.user(undefined, { volumes: 200 });
    const feed = follow(user, { since: "start" });
    await Promise.all(Array.from({ length: 60 }, (_, i) => user.volumes.create({ name: `v${i}` })));
    await eventually("all are told live", () => feed.seen.length === 60);
    await feed.leave();
    assert.equal(new Set(feed.seen.map(({ id }) => id)).size, 60);
    const all = await user.events.list();
    assert.deepEqual(all, feed.seen);
    for (const at of [0, 1, 29, 58, 59]) {
      const rest = await ask(world.url, "GET", "/v1/events?follow=false", {
        key: user.apiKey,
        headers: { accept: "application/x-ndjson", "last-event-id": all[at]?.id ?? "" },
      });
      assert.deepEqual(
        rest.text
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Event),
        all.slice(at + 1),
      );
    }
  });

  test("is filtered by type, by family and by subject", async () => {
    const user = await world.user();
    const volume = await user.volumes.create({ name: "v" });
    const id = await lifetime(user);
    await eventually(
      "its end can be read",
      async () => (await user.events.list({ type: "container.removed" })).length === 1,
    );
    assert.deepEqual(types(await user.events.list({ type: "volume.created" })), ["volume.created"]);
    assert.ok((await user.events.list({ type: "container." })).every(({ type }) => type.startsWith("container.")));
    assert.deepEqual(
      (await user.events.list({ subject: volume.id })).map(({ subject }) => subject),
      [volume.id],
    );
    assert.ok((await user.events.list({ subject: id })).length >= 4);
  });

  test("shows nobody else's", async () => {
    const [user, other] = [await world.user(), await world.user()];
    const feed = follow(user, { since: "start" });
    await other.volumes.create({ name: "theirs" });
    await user.volumes.create({ name: "mine" });
    await eventually("one's own is told", () => feed.seen.length > 0);
    assert.deepEqual(
      feed.seen.map(({ data }) => data["name"]),
      ["mine"],
    );
    await feed.leave();
  });

  test("tells builds and images", async () => {
    const user = await world.user();
    await user.builds.createFromFiles({ dockerfile: "FROM busybox\n" }, { tag: "a", ...WAIT });
    await user.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN false\n" }, WAIT);
    await user.images.tag("a", "b");
    await user.images.remove("a");
    await user.images.remove("b");
    await eventually(
      "the last one can be read",
      async () => (await user.events.list({ type: "image.removed" })).length === 1,
    );
    assert.deepEqual(types(await user.events.list()), [
      "build.queued",
      "build.started",
      "build.succeeded",
      "image.created",
      "build.queued",
      "build.started",
      "build.failed",
      "image.tagged",
      "image.untagged",
      "image.removed",
    ]);
  });

  test("tells that a container was made, when it is not to be started", async () => {
    const user = await world.user();
    await user.containers.create({ image: "busybox", start: false }, WAIT);
    await eventually(
      "it can be read",
      async () => (await user.events.list({ type: "container.created" })).length === 1,
    );
    assert.deepEqual(types(await user.events.list()), ["container.requested", "container.created"]);
  });
});
