import assert from "node:assert/strict";
import { test } from "node:test";
import { assertConverges, eventually, startWorld, Workload, type World } from "../support/index.ts";
import { refusal } from "../api/ask.ts";

const LINES = 60;
const counting = (lines: number) => `i=0; while [ $i -lt ${lines} ]; do echo line $i; i=$((i+1)); sleep 0.1; done`;

for (const { name, fault } of [
  {
    name: "the api is killed and started",
    fault: async (world: World) => (await world.api.kill(), await world.api.start()),
  },
  {
    name: "the api is stopped in order and started",
    fault: async (world: World) => (await world.api.stop(), await world.api.start()),
  },
  {
    name: "the worker is killed and started",
    fault: async (world: World) => (await world.worker.kill(), await world.worker.start()),
  },
  {
    name: "the worker is stopped in order and started",
    fault: async (world: World) => (await world.worker.stop(), await world.worker.start()),
  },
]) {
  test(`F2 a followed log has every line once and in order while ${name}`, async () => {
    await using world = await startWorld();
    const work = new Workload(world);
    const { id } = await work.running({ command: ["sh", "-c", counting(LINES)] });
    const lines: string[] = [];
    const following = (async () => {
      for await (const { text } of world.admin.containers.logs(id, { follow: true, timeoutMs: 60_000 }))
        lines.push(text);
    })();
    await eventually("lines arrive", () => lines.length > 5);
    await Promise.all([fault(world), following]);
    assert.deepEqual(
      lines,
      Array.from({ length: LINES }, (_, n) => `line ${n}`),
    );
    await assertConverges(world);
  });
}

for (const part of ["worker", "api"] as const) {
  test(`a run whose ${part} is killed breaks its streams off, and the container runs on`, async () => {
    await using world = await startWorld();
    const { containers } = world.admin;
    const command = ["sh", "-c", "echo up; exec sleep 1000"];
    const { id } = await containers.create({ image: "busybox", command, start: false }, { waitSeconds: 60 });
    const attachment = await containers.attach(id, { start: true });
    for await (const { data } of attachment.output) {
      assert.equal(Buffer.from(data).toString(), "up\n");
      break;
    }
    await world[part].kill();
    await assert.rejects(attachment.ended, { code: "network" });
    await world[part].start();
    await assertConverges(world);
    assert.equal((await containers.get(id)).state, "running");
  });
}

test("a run whose worker is not there is refused, and starts nothing later", async () => {
  await using world = await startWorld();
  const { containers } = world.admin;
  const { id } = await containers.create({ image: "busybox", command: ["true"], start: false }, { waitSeconds: 60 });
  await world.worker.kill();
  await assert.rejects(containers.attach(id, { start: true }), { name: "HafenError" });
  await world.worker.start();
  await assertConverges(world);
  assert.equal((await containers.get(id)).state, "created");
});

test("a followed build log has every line once and in order over a killed api", async () => {
  await using world = await startWorld();
  const build = await world.admin.builds.createFromFiles({
    dockerfile: `FROM busybox\nRUN echo ${world.hostName}; ${counting(40)}\n`,
  });
  const lines: string[] = [];
  const waiting = world.admin.builds.wait(build.id, {
    timeoutMs: 60_000,
    onLine: ({ stream, text }) => void (stream === "stdout" && lines.push(text)),
  });
  await eventually("lines arrive", () => lines.length > 5);
  await world.api.kill();
  await world.api.start();
  assert.equal((await waiting).state, "succeeded");
  assert.deepEqual(lines, [world.hostName, ...Array.from({ length: 40 }, (_, n) => `line ${n}`)]);
});

test("a wait for a container's end survives an api that is restarted in between", async () => {
  await using world = await startWorld();
  const { id } = await new Workload(world).running({ command: ["sh", "-c", "sleep 6; exit 3"] });
  const waiting = world.admin.containers.wait(id, { timeoutMs: 60_000 });
  await world.api.stop();
  await world.api.start();
  assert.equal((await waiting).exitCode, 3);
});

test("a host whose address another host's worker has by now is unreachable, not a failure of ours", async () => {
  await using world = await startWorld();
  const { id } = await new Workload(world).running();
  await world.anotherWorker().start({ HAFEN_HOST_NAME: `${world.hostName}-next` });
  await world.worker.kill();
  const { sql } = world.database;
  const [next] = await sql<{ url: string }[]>`select stream_url as url from hosts where name <> ${world.hostName}`;
  await sql`update hosts set stream_url = ${next?.url ?? ""}, lease_expires_at = now() + interval '1 minute'
             where name = ${world.hostName}`;
  await refusal(world.admin.containers.top(id, { timeoutMs: 5_000 }), "host_unreachable");
  await refusal(world.admin.containers.exec(id, { command: ["true"] }), "host_unreachable");
});
