import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { insideOf } from "@hafen/infra/testing";
import { eventually, openOwnEngine, startWorld } from "../support/index.ts";

/** The package mirror: a public address. */
const MIRROR = "203.0.113.80";

test("F34 packet rules that somebody takes away are back, and the engine's own that are flushed open nothing", async () => {
  await using engine = await openOwnEngine();
  await using world = await startWorld({ env: { DOCKER_HOST: engine.address } });
  const [program = "", ...enter] = insideOf(engine.address);
  const inside = (...args: string[]) => promisify(execFile)(program, [...enter, ...args]);
  const tables = async () =>
    [...(await inside("nft", "list", "tables")).stdout.matchAll(/inet (hafen\w+)/g)].map(([, name = ""]) => name);
  const made = (policy: "none" | "internet") =>
    world.admin.containers.create(
      { image: "busybox", command: ["sleep", "1000"], egress: { policy } },
      { waitSeconds: 60 },
    );
  const [closed, open] = [await made("none"), await made("internet")];
  const reaches = async ({ id }: { id: string }) => {
    const command = ["sh", "-c", `nc -w 2 ${MIRROR} 80 </dev/null`];
    return (await world.admin.containers.exec(id, { command })).exitCode === 0;
  };
  assert.deepEqual([await reaches(closed), await reaches(open)], [false, true]);

  const before = (await tables()).toSorted();
  assert.ok(before.length >= 2, before.join());
  for (const table of before) await inside("nft", "delete", "table", "inet", table);
  await eventually("all tables are back", async () => (await tables()).toSorted().join() === before.join());
  await eventually("it is closed again", async () => !(await reaches(closed)));
  assert.ok(await reaches(open));

  await inside("iptables", "-F", "FORWARD");
  await inside("iptables", "-P", "FORWARD", "ACCEPT");
  assert.ok(!(await reaches(closed)));
});
