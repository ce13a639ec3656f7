import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { BuildLogLine } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";

const WAIT = { waitSeconds: 120 };
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user("builder");
});
after(() => world[Symbol.asyncDispose]());

/** Prints slowly enough to be followed, quickly enough for a test. */
const SLOW = "FROM busybox\nRUN for i in $(seq 1 30); do echo line-$i; sleep 0.05; done\n";
/** Runs until it is ended. */
const ENDLESS = "FROM busybox\nRUN echo begun; sleep 100000\n";
const ids = (lines: BuildLogLine[]) => lines.map(({ id }) => id);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

async function begun(dockerfile: string, client = user): Promise<string> {
  const { id } = await client.builds.createFromFiles({ dockerfile }, {});
  for await (const { text } of client.builds.logs(id, { follow: true })) if (text === "begun") return id;
  return assert.fail("it ended before it began");
}

describe("a build's log", () => {
  test("followed live has every line once and in order, and ends with the build", async () => {
    const { id } = await user.builds.createFromFiles({ dockerfile: SLOW }, {});
    const lines: BuildLogLine[] = [];
    let live = false;
    const ended = await user.builds.wait(id, {
      onLine: (line) => {
        live ||= lines.length === 0;
        lines.push(line);
      },
    });
    assert.equal(ended.state, "succeeded");
    assert.deepEqual(ids(lines), upTo(lines.length));
    assert.deepEqual(
      lines.filter(({ stream, text }) => stream === "stdout" && text.startsWith("line-")).map(({ text }) => text),
      upTo(30).map((i) => `line-${i}`),
    );
    assert.ok(lines.some(({ stream, text }) => stream === "status" && text.startsWith("Step 2/2")));
    assert.ok(live);
  });

  test("comes while the build runs, not at its end", async () => {
    const id = await begun(ENDLESS);
    assert.equal((await user.builds.get(id)).state, "running");
    await user.builds.cancel(id, WAIT);
  });

  test("resumed with Last-Event-ID, live and afterwards, has neither a gap nor a double", async () => {
    const { id } = await user.builds.createFromFiles({ dockerfile: SLOW }, { noCache: true });
    const seen: BuildLogLine[] = [];
    while (seen.length < 25) {
      let count = 0;
      for await (const line of user.builds.logs(id, { follow: true, lastEventId: seen.at(-1)?.id })) {
        seen.push(line);
        if (++count === 5) break;
      }
    }
    for await (const line of user.builds.logs(id, { follow: true, lastEventId: seen.at(-1)?.id })) seen.push(line);
    assert.deepEqual(ids(seen), upTo(seen.length));
    const whole = await Array.fromAsync(user.builds.logs(id));
    assert.deepEqual(seen, whole);
    for (const last of [0, 1, 10, seen.length]) {
      assert.deepEqual(
        ids(await Array.fromAsync(user.builds.logs(id, { lastEventId: last }))),
        upTo(seen.length).slice(last),
      );
    }
  });

  test("as NDJSON has the same lines", async () => {
    const { id } = await user.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN echo é\n" }, WAIT);
    const { text, headers } = await ask(world.url, "GET", `/v1/builds/${id}/logs`, {
      key: user.apiKey,
      headers: { accept: "application/x-ndjson" },
    });
    assert.match(headers.get("content-type") ?? "", /ndjson/);
    assert.deepEqual(
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
      await Array.fromAsync(user.builds.logs(id)),
    );
  });

  test("refuses a Last-Event-ID that is no line, and takes one far past the end", async () => {
    const { id } = await user.builds.createFromFiles({ dockerfile: "FROM busybox\n" }, WAIT);
    for (const value of ["x", "-1", "1.5", "9007199254740991", "99999999999999999999"]) {
      const { status } = await ask(world.url, "GET", `/v1/builds/${id}/logs`, {
        key: user.apiKey,
        headers: { "last-event-id": value },
      });
      assert.equal(status, 400, value);
    }
    assert.deepEqual(await Array.fromAsync(user.builds.logs(id, { lastEventId: 2_000_000_000 })), []);
  });

  test("takes whatever a step prints: NUL, bytes that are no UTF-8, long lines of wide characters", async () => {
    const wide = "yes \u{1F6A2} | tr -d '\\n' | head -c 200002";
    const dockerfile = `FROM busybox\nRUN printf 'a\\000b\\n\\377\\376\\n' && printf x && ${wide}; echo; echo done\n`;
    const { state, failure, id } = await user.builds.createFromFiles({ dockerfile }, WAIT);
    assert.equal(state, "succeeded", JSON.stringify(failure));
    const texts = (await Array.fromAsync(user.builds.logs(id))).map(({ text }) => text);
    assert.ok(texts.includes("a\uFFFDb") && texts.includes("done"));
    assert.ok(texts.join("").split("\u{1F6A2}").length > 40_000);
  });

  test("over 8 MiB is cut off and says so, and the build goes on", async () => {
    const { state, id } = await user.builds.createFromFiles(
      { dockerfile: "FROM busybox\nRUN yes 0123456789012345678901234567890123456789 | head -n 250000\n" },
      WAIT,
    );
    assert.equal(state, "succeeded");
    const last = (await Array.fromAsync(user.builds.logs(id)))
      .filter(({ stream }) => stream === "status")
      .map(({ text }) => text);
    assert.ok(last.some((text) => text.includes("8 MiB")));
  });
});

describe("cancel", () => {
  test("ends a running build, kills what it ran, and leaves no container", async () => {
    const id = await begun(ENDLESS);
    const answer = await user.builds.cancel(id, WAIT);
    assert.equal(answer.state, "cancelled");
    assert.ok(answer.finishedAt !== null && answer.imageId === null);
    assert.deepEqual(
      (await user.builds.get(id)).steps.map(({ state }) => state),
      ["succeeded", "cancelled"],
    );
    await refusal(user.builds.cancel(id), "build_wrong_state");
    const logs = await Array.fromAsync(user.builds.logs(id, { follow: true }));
    assert.ok(logs.some(({ text }) => text === "begun"));
  });

  test("ends a queued build at once; it never runs", async () => {
    const busy = [await begun(ENDLESS), await begun(`${ENDLESS}# second\n`)];
    const queued = await user.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN echo never\n" }, {});
    assert.equal(queued.state, "queued");
    assert.equal(queued.queuePosition, 2);
    const ended = await user.builds.cancel(queued.id);
    assert.equal(ended.state, "cancelled");
    await Promise.all(busy.map((id) => user.builds.cancel(id, WAIT)));
    const later = await user.builds.createFromFiles({ dockerfile: "FROM busybox\n" }, WAIT);
    assert.equal(later.state, "succeeded", "the queue goes on");
    const now = await user.builds.get(queued.id);
    assert.deepEqual([now.state, now.steps, now.attempt], ["cancelled", [], 0]);
  });

  test("of another user's build and of an ended one is refused", async () => {
    const other = await world.user();
    const { id } = await user.builds.createFromFiles({ dockerfile: "FROM busybox\n" }, WAIT);
    await refusal(other.builds.cancel(id), "build_not_found");
    const error = await refusal(user.builds.cancel(id), "build_wrong_state");
    assert.deepEqual(error.states, ["queued", "running"]);
  });

  test("leaves no engine container behind", async () => {
    const labelled = async () =>
      (await world.database.sql`select 1 from builds where state in ('queued', 'running')`).length;
    await eventually("no build is open", async () => (await labelled()) === 0);
    assert.deepEqual(await world.engine.listContainers({ key: "hafen.host", value: await world.hostId() }), []);
  });
});
