import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { convergeContainer, createContainer, keysOf, restartContainer, storeSecret } from "@hafen/core";
import { containerById } from "@hafen/db";
import { Crash, dying, eventually, startMemoryHost, startWorld } from "../support/index.ts";

const READING = ["read", "/run/secrets/s", ";", "sleep"];

test("F3 a worker that dies at any point of a start with secrets leaves one that starts once with a whole value, and no value at rest", async () => {
  await using memory = await startMemoryHost("secrets");
  const secretKeys = keysOf(randomBytes(32).toString("base64"));
  const { engine } = memory;
  const ctx = { ...memory.ctx, secretKeys };
  const host = { ...memory.host, secretKeys };
  const logOf = async (id: string) =>
    (await Array.fromAsync(engine.logs(id, { follow: false }))).map(({ data }) => Buffer.from(data).toString());

  for (const when of ["before", "after"] as const) {
    for (let at = 0; ; at++) {
      await storeSecret(ctx, "s", Buffer.from("first"));
      const { id } = await createContainer(ctx, { image: memory.image, command: READING, secrets: [{ name: "s" }] });
      const first = dying(host, at, when);
      await convergeContainer(first.host, id).catch((error: unknown) =>
        assert.ok(error instanceof Crash, String(error)),
      );
      await storeSecret(ctx, "s", Buffer.from("second"));
      await convergeContainer(host, id);
      const row = await containerById(host.db, id);
      const where = `died ${when} call ${at}`;
      assert.equal(row?.state, "running", where);
      const read = () => eventually("it has read", async () => (await logOf(id)).length > 0);
      await read();
      assert.match((await logOf(id)).join(), /^(first|second)$/, where);

      await restartContainer(ctx, { ref: id }, { graceSeconds: 0 });
      await convergeContainer(host, id);
      await eventually("the restart has read", async () => (await logOf(id)).at(-1) === "second");
      // Behind Hafen's back, with the files as they lie there.
      await engine.stopContainer(id, { graceSeconds: 0 });
      await engine.startContainer(id);
      await eventually(
        "it has read again",
        async () => (await logOf(id)).length === 3 || (await logOf(id)).at(-1) === "",
      );
      assert.equal((await logOf(id)).filter((text) => text !== "").length, 2, where);
      await engine.removeContainer(id);
      if (!first.died()) break;
      assert.ok(at < 40, "the start ends");
    }
  }
});

test("F33 after a reboot the memory is empty: containers start with their secrets, and stopped ones still show their files", async () => {
  await using world = await startWorld();
  const user = await world.user();
  const directory = world.env["HAFEN_SECRETS_DIRECTORY"] ?? "";
  const held = () =>
    readdirSync(directory).flatMap((id) =>
      readdirSync(join(directory, id)).map((file) => statSync(join(directory, id, file)).size),
    );
  await user.secrets.store("s", "value");
  const body = { image: "busybox", command: ["sleep", "1000"], secrets: [{ name: "s", target: "/home/s" }] };
  const wait = { waitSeconds: 60 };
  const [on, off, never] = [
    await user.containers.create({ ...body, name: "on" }, wait),
    await user.containers.create({ ...body, name: "off" }, wait),
    await user.containers.create({ ...body, name: "never", start: false }, wait),
  ];
  await user.containers.stop(off.id, { graceSeconds: 0 }, wait);
  await eventually("no value is kept in files", () => held().join() === "0,0,0");

  await world.worker.stop();
  await world.engine.stopContainer(on.id, { graceSeconds: 0 });
  execFileSync("umount", [directory]);
  await world.worker.start();
  await eventually("the files are there again", () => held().length === 3);
  for (const { name } of [off, never]) {
    const tar = Buffer.concat(await Array.fromAsync(user.containers.getFiles(name, "/home")));
    assert.ok(tar.includes(name === "off" ? "home/s" : "home/"), name);
  }
  for (const { id } of [on, off, never]) {
    await user.containers.start(id, wait);
    assert.equal((await user.containers.exec(id, { command: ["cat", "/home/s"] })).stdout, "value");
  }
  await eventually("no value is kept in files again", () => held().join() === "0,0,0");

  await user.containers.remove(off.id, { force: true, ...wait });
  await eventually("its file is gone", () => held().length === 2);
  await world.worker.stop();
  await world.database
    .sql`update containers set state = 'removed', desired = 'removed', removed_at = now() where id = ${never.id}`;
  await world.worker.start();
  await eventually("what no row claims is dropped", () => held().length === 1);
});
