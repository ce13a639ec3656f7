import assert from "node:assert/strict";
import { test } from "node:test";
import { HafenError, type Container, type Pruned } from "@hafen/sdk";
import { assertConverges, eventually, startWorld, type World } from "../support/index.ts";

const WAIT = { waitSeconds: 60 };
const ROUNDS = 8;

/** Refused because the other was quicker; anything else is a failure of the test. */
async function unlessRefused<T>(call: Promise<T>, ...codes: string[]): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (error instanceof HafenError && codes.includes(error.code)) return undefined;
    throw error;
  });
}
const idsOf = ({ removed }: Pruned) => new Set(removed.map(({ id }) => id));

test("of a start and a prune at the same moment one is refused: no container that was started is lost", async () => {
  await using world = await startWorld();
  const user = await world.user();
  const tally = { started: 0, pruned: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const idle = await Promise.all(
      Array.from({ length: 4 }, () =>
        user.containers.create({ image: "busybox", command: ["sleep", "1000"], start: false }, WAIT),
      ),
    );
    const start = ({ id }: Container) =>
      unlessRefused(user.containers.start(id, WAIT), "container_wrong_state", "container_not_found");
    // One half is asked for before the prune and one after it, so that both orders come up.
    const before = idle.slice(0, 2).map(start);
    const pruning = user.system.prune({ containers: true });
    const [started, pruned] = await Promise.all([Promise.all([...before, ...idle.slice(2).map(start)]), pruning]);
    for (const [at, { id }] of idle.entries()) {
      const gone = idsOf(pruned).has(id);
      const answer = started[at];
      assert.notEqual(gone, answer !== undefined, `${id}: ${answer?.state}, pruned: ${gone}`);
      if (!gone) assert.equal((await user.containers.get(id)).state, "running");
      tally[gone ? "pruned" : "started"] += 1;
    }
    for (const { id } of (await user.containers.list()).items) await user.containers.remove(id, { force: true });
  }
  assert.ok(tally.started > 0, "every start came too late to mean anything");
  await assertConverges(world);
});

test("of a create and a prune of its image one is refused", async () => {
  await using world = await startWorld();
  const user = await world.user();
  for (let round = 0; round < ROUNDS; round++) {
    const dockerfile = `FROM busybox\nLABEL round=${round}\n`;
    await user.builds.createFromFiles({ dockerfile }, { tag: `image${round}`, ...WAIT });
    const [made, pruned] = await Promise.all([
      unlessRefused(
        user.containers.create({ image: `image${round}`, command: ["sleep", "1000"] }, WAIT),
        "image_not_found",
      ),
      user.system.prune({ images: { all: true } }),
    ]);
    const gone = pruned.removed.some(({ name }) => name === `image${round}:latest`);
    assert.notEqual(gone, made !== undefined);
    if (made) assert.equal(made.state, "running");
  }
  await assertConverges(world);
});

test("what a container writes into an empty volume while it is pruned is there, or the container was never made", async () => {
  await using world = await startWorld();
  const user = await world.user();
  for (let round = 0; round < ROUNDS; round++) {
    const source = `volume${round}`;
    const volume = (target: string) => ({ mounts: [{ type: "volume" as const, source, target }] });
    const emptied = await user.containers.create({ image: "busybox", command: ["true"], ...volume("/v") }, WAIT);
    await user.containers.wait(emptied.id);
    await user.containers.remove(emptied.id, WAIT);
    const { id } = await user.volumes.get(source);

    const command = ["sh", "-c", "echo data > /v/file"];
    const writing = unlessRefused(
      user.containers.create({ image: "busybox", command, ...volume("/v") }, WAIT),
      "volume_not_found",
    );
    // The writer is gone again before the prune looks: what counts is what it left.
    const write = async () => {
      const writer = await writing;
      if (!writer) return undefined;
      await user.containers.wait(writer.id);
      await user.containers.remove(writer.id, WAIT);
      return writer;
    };
    const [writer, ...pruned] = await Promise.all([
      write(),
      ...[1, 2, 3].map(() => user.system.prune({ volumes: true })),
    ]);
    const gone = pruned.some((answer) => idsOf(answer).has(id));
    if (writer?.mounts[0]?.volume?.id === id) assert.equal(gone, false, "it was written to and removed");
    if (!writer) continue;
    const reader = await user.containers.create(
      { image: "busybox", command: ["cat", "/v/file"], ...volume("/v") },
      WAIT,
    );
    assert.equal((await user.containers.wait(reader.id)).exitCode, 0);
    await user.containers.remove(reader.id, WAIT);
  }
  await assertConverges(world);
});

test("an upload that begins while a prune looks into the volume waits for it, and is refused when it goes", async () => {
  await using world = await startWorld();
  const { admin, database } = world;
  const mounts = [{ type: "volume" as const, source: "data", target: "/data" }];
  const maker = await admin.containers.create({ image: "busybox", mounts, start: false }, WAIT);
  await admin.containers.remove(maker.id, WAIT);
  const { id } = await admin.volumes.get("data");
  let uploading: Promise<unknown> | undefined;
  // As a prune does, which has just found it empty and used by nobody.
  await database.sql.begin(async (tx) => {
    await tx`select from volumes where id = ${id} for update`;
    uploading = unlessRefused(admin.volumes.putFile("data", "/file", Buffer.from("data")), "volume_not_found");
    await eventually("the upload waits", async () => {
      const waiting = await database.sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      return waiting.length > 0;
    });
    await tx`update volumes set state = 'removing' where id = ${id}`;
  });
  assert.equal(await uploading, undefined);
  await assertConverges(world);
});

test("an api that is killed in the middle of a prune leaves each thing there or gone, and the same request goes on with the rest", async (t) => {
  await using world = await startWorld();
  const COUNT = 24;
  const { admin, database } = world;
  await Promise.all(
    Array.from({ length: COUNT }, async (_, n) => {
      await admin.volumes.create({ name: `volume${n}` });
      await admin.containers.create({ image: "busybox", name: `idle${n}`, start: false }, WAIT);
    }),
  );
  const removed = async () => {
    const [row] = await database.sql<{ count: number }[]>`
      select count(*)::int as count from containers where desired = 'removed'`;
    return row?.count ?? 0;
  };
  const first = prune(world);
  await eventually("some are on their way", async () => (await removed()) > 2);
  await world.api.kill();
  assert.equal(await first, undefined, "it was answered: the kill came too late to mean anything");
  t.diagnostic(`${await removed()} of ${COUNT} containers were on their way`);

  await world.api.start();
  await assertConverges(world);
  const lie = await Array.fromAsync(admin.containers.listAll({ limit: 200 }));
  for (const { state } of lie) assert.equal(state, "created", "none is half gone");
  let again: Pruned | undefined;
  await eventually("the first request's claim has run out", async () => {
    again = await prune(world);
    return again !== undefined;
  });
  const kinds = again?.removed.map(({ kind }) => kind) ?? [];
  assert.equal(kinds.filter((kind) => kind === "container").length, lie.length, "exactly the rest");
  assert.deepEqual([(await admin.containers.list()).items, (await admin.volumes.list()).items], [[], []]);
  await assertConverges(world);
});

/** Without the client, which would try again by itself. Undefined: no answer, or that the first request may still be under way. */
async function prune(world: World): Promise<Pruned | undefined> {
  try {
    const response = await fetch(`${world.url}/v1/prune`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${world.adminKey}`,
        "content-type": "application/json",
        "idempotency-key": "the-same",
      },
      body: JSON.stringify({ containers: true, volumes: true }),
    });
    return response.status === 200 ? ((await response.json()) as Pruned) : undefined;
  } catch {
    return undefined;
  }
}
