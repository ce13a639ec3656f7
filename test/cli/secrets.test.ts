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

test("a secret is stored from standard input, given to a container as docker and podman write it, and forgotten", async () => {
  const made = await hafen.with({ input: "hush\n" }, "secret", "create", "db", "-");
  assert.match(made.stdout, /^sec_[0-9a-z]{26}$/m);
  assert.match(await hafen.ok("secret", "ls"), /^ID +NAME +VERSION +CREATED +UPDATED\nsec_\w+ +db +1 +/);
  assert.equal(await hafen.ok("secret", "ls", "--format", "{{.Name}}"), "db");
  assert.equal(await hafen.ok("secret", "inspect", "-f", "{{.Spec.Name}} {{.Version.Index}}", "db"), "db 1");

  const read = ["busybox", "sh", "-c", "cat /run/secrets/db /x; stat -c '%a %u' /x"];
  const flags = ["--secret", "db", "--secret", "source=db,target=/x,mode=0400,uid=7"];
  assert.equal(await hafen.ok("run", "--name", "reader", ...flags, ...read), "hush\nhush\n400 7");
  for (const args of [
    ["inspect", "reader"],
    ["secret", "inspect", "db"],
  ])
    assert.ok(!(await hafen.ok(...args)).includes("hush"), args.join(" "));

  const used = await hafen("secret", "rm", "db");
  assert.notEqual(used.code, 0);
  assert.match(used.stderr, /given to reader/);
  await hafen.ok("rm", "reader");
  assert.equal(await hafen.ok("secret", "rm", "db"), "db");
  const env = await hafen("run", "--secret", "db,type=env,target=PW", "busybox", "true");
  assert.match(env.stderr, /comes as a file/);
});
