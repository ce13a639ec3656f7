import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { commandLine, findProcesses, isAlive } from "@hafen/infra/testing";
import { eventually, startWorld, type World } from "../support/index.ts";

let world: World;
let id: string;
before(async () => {
  world = await startWorld();
  const egress = { policy: "allow-list" as const, allow: ["deb.debian.org"] };
  const options = { image: "busybox", command: ["sleep", "1000"], egress };
  ({ id } = await world.admin.containers.create(options, { waitSeconds: 60 }));
});
after(() => world[Symbol.asyncDispose]());

/** The worker's resolver; undefined while there is none. */
function resolver(): number | undefined {
  return findProcesses(
    (pid) =>
      commandLine(pid).some((word) => word.endsWith("/resolver-main.ts")) && parentOf(pid) === world.worker.pid(),
  )[0];
}
function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}
async function resolves(name: string): Promise<boolean> {
  const { exitCode } = await world.admin.containers.exec(id, { command: ["nslookup", "-type=a", name] });
  return exitCode === 0;
}
async function reachesMirror(): Promise<boolean> {
  const command = ["sh", "-c", "nc -w 2 203.0.113.80 80 </dev/null >/dev/null 2>&1"];
  return (await world.admin.containers.exec(id, { command })).exitCode === 0;
}

test("a resolver that is killed comes back, with what each container may ask", async () => {
  await eventually("the name is resolved", () => resolves("deb.debian.org"));
  const killed = resolver() ?? assert.fail("there is no resolver");
  process.kill(killed, "SIGKILL");
  await eventually("another one has come", () => ![undefined, killed].includes(resolver()));
  await eventually("the name is resolved", () => resolves("deb.debian.org"));
  assert.ok(!(await resolves("example.org")));
});

test("a resolver ends with its worker; the next worker's opens names again", async () => {
  const orphan = resolver() ?? assert.fail("there is no resolver");
  await world.worker.kill();
  await eventually("the resolver has ended", () => !isAlive(orphan));
  await world.worker.start();
  await eventually("the name is resolved", () => resolves("deb.debian.org"));
  assert.ok(await reachesMirror());
  assert.ok(!(await resolves("example.org")));
});

test("the resolver of a worker that hangs is in nobody's way", async () => {
  const hanging = world.worker.pid();
  process.kill(hanging, "SIGSTOP");
  const another = world.anotherWorker();
  await another.start();
  await eventually("the name is resolved", () => resolves("deb.debian.org"));
  assert.ok(await reachesMirror());
  await another.stop();
  process.kill(hanging, "SIGCONT");
  await eventually("the one that hung has ended", () => !isAlive(hanging));
  await world.worker.start();
});

test("what somebody took of the flow record's counters is counted again", async () => {
  const table = `hafen_flows_${(await world.hostId()).slice(-10)}`;
  const namespace = `/run/netns/${world.env["HAFEN_ENGINE_NAMESPACE"]}`;
  execFileSync("nsenter", [`--net=${namespace}`, "--", "nft", "delete", "table", "inet", table]);
  await eventually("a refused connection is in the record", async () => {
    const command = ["sh", "-c", "nc -w 1 198.51.100.9 4242 </dev/null >/dev/null 2>&1"];
    await world.admin.containers.exec(id, { command });
    const { items } = await world.admin.containers.flows(id, { verdict: "denied" });
    return items.some(
      ({ address, port, protocol }) => address === "198.51.100.9" && port === 4242 && protocol === "tcp",
    );
  });
});
