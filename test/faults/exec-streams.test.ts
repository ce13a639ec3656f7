import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
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
