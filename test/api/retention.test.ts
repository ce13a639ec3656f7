import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { applyRetention } from "@hafen/core";
import { openBackend, chooseConnection, openQueues } from "@hafen/queue";
import { eventuallyHolds, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";

const WAIT = { waitSeconds: 60 };
type User = Awaited<ReturnType<World["user"]>>;
let world: World;
let close: () => Promise<void>;
/** What the sweep of any worker does every minute. */
let sweep: () => Promise<void>;
before(async () => {
  world = await startWorld();
  const { REDIS_URL, DATABASE_URL = "", HAFEN_QUEUE_PREFIX = "" } = world.env;
  const backend = openBackend(chooseConnection(REDIS_URL, DATABASE_URL), HAFEN_QUEUE_PREFIX);
  const jobs = openQueues(backend, (error) => assert.fail(error as Error));
  sweep = () => applyRetention({ db: world.database.db, jobs });
  close = async () => {
    await jobs.close();
    await backend.close();
  };
});
after(async () => {
  await close();
  await world[Symbol.asyncDispose]();
});

async function ended(user: User, name: string, days: number): Promise<string> {
  const mounts = [{ type: "volume" as const, source: `data-of-${name}`, target: "/v" }];
  const { id } = await user.containers.create({ image: "busybox", name, command: ["true"], mounts }, WAIT);
  await user.containers.wait(id);
  await world.database.sql`update containers set finished_at = now() - make_interval(days => ${days}) where id = ${id}`;
  return id;
}
async function built(user: User, days: number): Promise<string> {
  const { id } = await user.builds.createFromFiles(
    { dockerfile: `FROM busybox\nLABEL days=${days}\n` },
    { tag: `b${days}`, ...WAIT },
  );
  await world.database.sql`update builds set finished_at = now() - make_interval(days => ${days}) where id = ${id}`;
  return id;
}
const left = async (user: User) => (await user.containers.list()).items.map(({ name }) => name).toSorted();

test("nothing goes by itself until its owner says so", async () => {
  const user = await world.user();
  assert.deepEqual(await user.system.retention(), { stoppedContainersDays: null, endedBuildsDays: null });
  await ended(user, "ancient", 4000);
  await built(user, 4000);
  await sweep();
  assert.deepEqual(await left(user), ["ancient"]);
  assert.equal((await user.builds.list()).items.length, 1);
});

test("stopped containers and ended builds go once they are older than their owner said, and nobody else's; volumes stay", async () => {
  const [user, other] = [await world.user(), await world.user()];
  await user.system.setRetention({ stoppedContainersDays: 7, endedBuildsDays: 3 });
  assert.deepEqual(await user.system.retention(), { stoppedContainersDays: 7, endedBuildsDays: 3 });
  const old = await ended(user, "old", 8);
  await ended(user, "young", 6);
  await ended(other, "theirs", 8);
  const working = await user.containers.create({ image: "busybox", name: "works", command: ["sleep", "1000"] }, WAIT);
  await world.database.sql`update containers set created_at = now() - interval '9 days' where id = ${working.id}`;
  const [oldBuild, youngBuild] = [await built(user, 4), await built(user, 2)];

  await sweep();
  await eventuallyHolds(async () => assert.deepEqual(await left(user), ["works", "young"]));
  assert.deepEqual(await left(other), ["theirs"]);
  await refusal(user.builds.get(oldBuild), "build_not_found");
  assert.equal((await user.builds.get(youngBuild)).state, "succeeded");
  assert.equal((await user.images.get("b4")).bases, null, "the image stays");
  assert.equal((await user.volumes.get("data-of-old")).state, "ready");
  const audit = await world.database.sql<{ action: string; keyId: string | null; via: string }[]>`
    select action, key_id as "keyId", detail->>'via' as via from audit_log
     where subject in (${old}, ${oldBuild}) and user_id = (select user_id from containers where id = ${working.id})
       and detail ? 'via' order by action`;
  assert.deepEqual(
    [...audit],
    [
      { action: "build.remove", keyId: null, via: "retention" },
      { action: "container.remove", keyId: null, via: "retention" },
    ],
  );
});

test("one that was started again and ended again counts from its last end", async () => {
  const user = await world.user();
  await user.system.setRetention({ stoppedContainersDays: 1, endedBuildsDays: null });
  const id = await ended(user, "again", 2);
  await user.containers.start(id, WAIT);
  await user.containers.wait(id);
  await sweep();
  assert.deepEqual(await left(user), ["again"]);
});

test("more than a batch goes in one round", async () => {
  const user = await world.user();
  await user.system.setRetention({ stoppedContainersDays: null, endedBuildsDays: 1 });
  const id = await built(user, 5);
  await world.database.sql`
    insert into builds select (jsonb_populate_record(b, jsonb_build_object('id', 'bld_' || lpad(n::text, 26, '0')))).*
      from builds b, generate_series(1, 250) n where b.id = ${id}`;
  await sweep();
  assert.deepEqual((await user.builds.list()).items, []);
});

test("a worker does it by itself", async () => {
  const user = await world.user();
  await user.system.setRetention({ stoppedContainersDays: 1, endedBuildsDays: null });
  await ended(user, "swept", 2);
  // Each worker does it when it starts, and every minute after.
  await world.worker.kill();
  await world.worker.start();
  await eventuallyHolds(async () => assert.deepEqual(await left(user), []));
});

test("what is no policy is refused", async () => {
  const user = await world.user();
  for (const json of [
    {},
    { stoppedContainersDays: 0, endedBuildsDays: null },
    { stoppedContainersDays: 1 },
    { stoppedContainersDays: 1.5, endedBuildsDays: 1 },
    { stoppedContainersDays: 1, endedBuildsDays: 1, volumesDays: 1 },
  ]) {
    const { status } = await ask(world.url, "PUT", "/v1/retention", { key: user.apiKey, json });
    assert.equal(status, 400, JSON.stringify(json));
  }
});
