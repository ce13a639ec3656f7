import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startWorld, type World } from "../support/index.ts";
import { openCli, type Cli } from "./hafen.ts";

let world: World;
let hafen: Cli;
before(async () => {
  world = await startWorld();
  hafen = await openCli({ url: world.url, apiKey: (await world.user()).apiKey });
});
after(async () => {
  await hafen[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

test("--format takes what docker's users write, for ps, images, volume ls and inspect", async () => {
  await hafen.ok("run", "-d", "--name", "web", "-l", "tier=front", "-v", "notes:/data", "busybox", "sleep", "1000");
  assert.equal(
    await hafen.ok("ps", "--format", "{{.Names}} {{.Image}} {{.State}} {{.Labels}}"),
    "web busybox running tier=front",
  );
  assert.match(await hafen.ok("ps", "--format", "table {{.Names}}\\t{{.Status}}"), /^NAMES {3}STATUS\nweb {5}Up .*$/);
  const [row] = (await hafen.ok("ps", "--format", "json"))
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, string>);
  assert.deepEqual([row?.["Names"], row?.["Command"], row?.["Mounts"]], ["web", '"sleep 1000"', "notes"]);
  assert.equal(await hafen.ok("ps", "--format", "{{.ID}}"), await hafen.ok("ps", "-q"));
  assert.equal(await hafen.ok("images", "--format", "{{.Repository}}:{{.Tag}}"), "busybox:latest");
  assert.match(
    await hafen.ok("images", "--format", "table {{.ID}}\\t{{.Size}}"),
    /^IMAGE ID {7}SIZE\n[0-9a-f]{12} {3}\d/,
  );
  assert.equal(await hafen.ok("volume", "ls", "--format", "{{upper .Name}} {{.MountedBy}}"), "NOTES web");
  const template =
    '{{if .State.Running}}up{{end}} {{join .Config.Env ","}} {{index .Config.Labels "tier"}} {{len .Mounts}}';
  assert.equal(await hafen.ok("inspect", "-f", template, "web"), "up  front 1");
});

test("a template that is not understood is refused by name, before the service is asked", async () => {
  const nowhere = { env: { HAFEN_URL: "http://127.0.0.1:1" } };
  for (const args of [
    ["ps", "--format"],
    ["images", "--format"],
    ["volume", "ls", "--format"],
    ["inspect", "x", "-f"],
  ]) {
    const { code, stderr } = await hafen.with(nowhere, ...args, "{{html .}}");
    assert.equal(code, 125);
    assert.match(stderr, /html is not supported/);
  }
  const unknown = await hafen("ps", "-a", "--format", "{{.Nope}}");
  assert.match(unknown.stderr, /there is no Nope/);
});

test("filters mean what docker's do, alone and together", async () => {
  await hafen.ok("create", "--name", "web2", "-l", "tier=front", "-l", "n=2", "busybox", "true");
  await hafen.ok("create", "--name", "db", "-l", "tier=back", "--volumes-from", "web", "busybox", "true");
  const ps = async (...args: string[]) =>
    (await hafen.ok("ps", "--format", "{{.Names}}", ...args)).split("\n").toSorted().join(" ");
  const filters = (...all: string[]) => ["-a", ...all.flatMap((filter) => ["-f", filter])];
  assert.equal(await ps(...filters("name=web")), "web web2");
  assert.equal(await ps(...filters("name=^web$")), "web");
  assert.equal(await ps(...filters("name=^/web2$", "name=d.")), "db web2");
  assert.equal(await ps(...filters("label=tier=front", "label=n")), "web2");
  assert.equal(await ps("-f", "status=running", "-f", "status=created"), "db web web2");
  assert.equal(await ps(...filters("volume=notes")), "db web");
  const digest = await hafen.ok("images", "-q", "busybox");
  assert.equal(await ps(...filters(`ancestor=${digest}`, "name=b$")), "db web");
  assert.equal(await ps(...filters("ancestor=none")), "");
  assert.equal(await ps("-l"), "db");
  assert.equal(await ps("-n", "2"), "db web2");
  assert.equal((await hafen("ps", "-f", "name=(")).code, 125);

  const both = await hafen.ok("events", "--filter", "container=web", "--filter", "container=db");
  const made = both.split("\n").filter((line) => line.includes("container.requested"));
  assert.equal(made.length, 2, both);
  const types = await hafen.ok("events", "--filter", "type=container.started", "--filter", "type=container.created");
  assert.match(types, / container\.started /);
  assert.match(types, / container\.created /);
  assert.doesNotMatch(types, / container\.requested /);
});

test("a part of an id is enough, from either end; a whole name goes before it", async () => {
  const id = await hafen.ok("inspect", "-f", "{{.Id}}", "web");
  for (const part of [id, id.slice(-12), id.slice(-9), id.slice(0, -2)])
    assert.equal(await hafen.ok("inspect", "-f", "{{.Name}}", part), "web", part);
  assert.match((await hafen("stop", id.slice(0, 8))).stderr, /short for more than one/);
  await hafen.ok("create", "--name", id.slice(-8), "busybox", "true");
  assert.equal(await hafen.ok("inspect", "-f", "{{.Name}}", id.slice(-8)), id.slice(-8));
  const from = await hafen.ok("create", "--volumes-from", `${id.slice(-12)}:ro`, "busybox", "true");
  assert.equal(await hafen.ok("inspect", "-f", "{{range .Mounts}}{{.Name}} {{.RW}}{{end}}", from), "notes false");
  const image = await hafen.ok("inspect", "-f", "{{.Id}}", "busybox");
  assert.equal(await hafen.ok("inspect", "-f", "{{.Id}}", image.slice(7, 15)), image);
  assert.equal(await hafen.ok("inspect", "-f", "{{.Image}}", "web"), image);
  assert.equal(await hafen.ok("inspect", "-f", "{{if .State.Health}}checked{{else}}none{{end}}", "web"), "none");
});
