import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { ask, refusal } from "../api/ask.ts";
import { assertConverges, eventually, startWorld, Workload, type World } from "../support/index.ts";

const SCRIPT = "echo up; exec sleep 5001";

/** An open exec: the code that its WebSocket closes with, and the error that the SDK makes of it. */
async function opened(world: World) {
  const { id } = await new Workload(world).running();
  const exec = await world.admin.containers.execStream(id, { command: ["sh", "-c", SCRIPT] });
  for await (const _ of exec.output) break;
  const query = new URLSearchParams({ command: JSON.stringify(["sleep", "5002"]) });
  const url = `${world.url.replace("http", "ws")}/v1/containers/${id}/exec?${query.toString()}`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${world.adminKey}` } } as never);
  await once(socket, "open");
  const code = (once(socket, "close") as Promise<[CloseEvent]>).then(([event]) => event.code);
  return { id, exec, code };
}

const runs = async (world: World, id: string, part: string) =>
  (await world.admin.containers.top(id)).items.some(({ command }) => command.join(" ") === part);

test("an exec over a killed worker closes as the host's failure, and the next one works", async () => {
  await using world = await startWorld();
  const { id, exec, code } = await opened(world);
  await world.worker.kill();
  assert.equal(await code, 1011);
  await assert.rejects(exec.ended, { code: "network" });
  await world.worker.start();
  assert.equal((await world.admin.containers.exec(id, { command: ["echo", "again"] })).stdout, "again\n");
  await assertConverges(world);
});

test("an exec over a worker that is stopped in order closes as a restart, and its command ends", async () => {
  await using world = await startWorld();
  const { id, exec, code } = await opened(world);
  await world.worker.stop();
  assert.equal(await code, 1012);
  await assert.rejects(exec.ended, { code: "network" });
  await world.worker.start();
  await eventually(
    "its commands are gone",
    async () => !(await runs(world, id, "sleep 5001")) && !(await runs(world, id, "sleep 5002")),
  );
  await assertConverges(world);
});

for (const how of ["kill", "stop"] as const) {
  test(`an exec over an api that is ended by ${how} ends its command`, async () => {
    await using world = await startWorld();
    const { id, exec } = await opened(world);
    await world.api[how]();
    await assert.rejects(exec.ended, { code: "network" });
    await world.api.start();
    await eventually(
      "its commands are gone",
      async () => !(await runs(world, id, "sleep 5001")) && !(await runs(world, id, "sleep 5002")),
    );
    await assertConverges(world);
  });
}

const ONCE = { command: ["sh", "-c", "echo x >> /tmp/ran; sleep 5003"], timeoutSeconds: 5 };

/** Starts a command that is then under way; answers with how often it was begun, and with its container. */
async function under(world: World, key: string) {
  const { id } = await new Workload(world).running();
  const again = (json: object = ONCE) =>
    ask<{ code: string }>(world.url, "POST", `/v1/containers/${id}/exec`, {
      key: world.adminKey,
      headers: { "idempotency-key": key },
      json,
    });
  const ran = async () => (await world.admin.containers.exec(id, { command: ["cat", "/tmp/ran"] })).stdout;
  const first = again().catch(() => undefined);
  await eventually("it is under way", () => runs(world, id, "sleep 5003"));
  return { id, first, again, ran };
}

test("an exec whose worker is killed is told to be unknown, and is not run again", async () => {
  await using world = await startWorld();
  const { id, first, again, ran } = await under(world, "worker-killed");
  const throughSdk = refusal(world.admin.containers.exec(id, ONCE), "outcome_unknown");
  await eventually("both are under way", async () => (await ran()) === "x\nx\n");
  await world.worker.kill();
  assert.equal((await first)?.body.code, "outcome_unknown");
  await throughSdk;
  await world.worker.start();
  assert.equal((await again()).body.code, "outcome_unknown");
  assert.equal(await ran(), "x\nx\n");
});

test("an exec whose api is killed is not run again under its key", async () => {
  await using world = await startWorld();
  const { first, again, ran } = await under(world, "api-killed");
  await world.api.kill();
  await first;
  await world.api.start();
  assert.equal((await again()).body.code, "idempotency_in_progress");
  await world.database.sql`update idempotency_keys set locked_until = now() where key = 'api-killed'`;
  for (let i = 0; i < 2; i++) assert.equal((await again()).body.code, "outcome_unknown");
  assert.equal(await ran(), "x\n");
});

test("an exec that never reached its worker leaves its key free", async () => {
  await using world = await startWorld();
  const { id } = await new Workload(world).running();
  const exec = () =>
    ask<{ code: string }>(world.url, "POST", `/v1/containers/${id}/exec`, {
      key: world.adminKey,
      headers: { "idempotency-key": "refused" },
      json: { command: ["true"] },
    });
  await world.worker.kill();
  await world.database.sql`update hosts set lease_expires_at = now() + interval '5 seconds'`;
  assert.equal((await exec()).body.code, "host_unreachable");
  await world.worker.start();
  assert.equal((await exec()).status, 200);
});
