import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openCli } from "../cli/hafen.ts";
import { startWorld, type World } from "../support/index.ts";
import { refusal } from "./ask.ts";

let world: World;
before(async () => (world = await startWorld()));
after(() => world?.[Symbol.asyncDispose]());

test("a host shows what its engine is made of, and the known holes of that", async () => {
  const host = await world.admin.hosts.get(world.hostName);
  const names = host.engine.components.map(({ name }) => name);
  for (const name of ["engine", "containerd", "runc"]) assert.ok(names.includes(name), names.join());
  for (const warning of host.warnings) {
    assert.match(warning.code, /^CVE-\d{4}-\d+$/);
    assert.ok(names.includes(warning.component));
    assert.ok(world.worker.output().includes(warning.code), "the worker's log names it");
  }
});

test("a check examines the machine now: what was found, and what to do about all that does not pass", async () => {
  const { host, checks } = await world.admin.hosts.check(world.hostName);
  assert.equal(host, world.hostName);
  const by = new Map(checks.map((check) => [check.name, check]));
  assert.equal(by.size, checks.length, "each thing once");
  assert.equal(by.get("engine.userNamespaces")?.status, "pass");
  assert.equal(by.get("engine.network")?.status, "pass", by.get("engine.network")?.found);
  assert.equal(by.get("sysctl.net.ipv4.ip_forward")?.status, "pass");
  assert.equal(by.get("time.skew")?.status, "pass", by.get("time.skew")?.found);
  assert.match(by.get("disk.free")?.found ?? "", /\d+ % of the bytes/);
  for (const check of checks) assert.equal(check.advice === null, check.status === "pass", check.name);
});

test("hafen host check prints each line and ends with 1 when something fails", async () => {
  const { checks } = await world.admin.hosts.check(world.hostName);
  await using hafen = await openCli({ url: world.url, apiKey: world.adminKey });
  const { code, stdout } = await hafen("host", "check");
  for (const { name } of checks) assert.ok(stdout.includes(name), name);
  assert.equal(code, checks.some(({ status }) => status === "fail") ? 1 : 0, stdout);
});

test("with protections required, a user's work goes to no host without them, an admin's does", async () => {
  const user = await world.user();
  const container = { image: "busybox", start: false };
  const kept = await user.containers.create(container);
  await world.api.stop();
  await world.api.start({ HAFEN_STRANGERS: "require=userNamespaces,unheardOf", HAFEN_REGISTRIES: "docker.io" });

  const error = await refusal(user.containers.create(container), "no_host_protects");
  assert.match(error.message, /lacks unheardOf\./);
  await refusal(user.images.pull("docker.io/library/nothing:1"), "no_host_protects");
  await refusal(user.builds.createFromFiles({ dockerfile: "FROM busybox" }), "no_host_protects");
  assert.equal((await user.containers.get(kept.id)).id, kept.id, "what was there stays");
  assert.ok((await world.admin.containers.create(container)).id, "an admin is no stranger");

  await world.api.stop();
  await world.api.start({ HAFEN_STRANGERS: "require=userNamespaces,seccomp" });
  assert.notEqual((await user.containers.create(container)).id, kept.id, "this engine has both");
});
