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
