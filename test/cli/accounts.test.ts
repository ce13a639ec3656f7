import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startWorld, type World } from "../support/index.ts";
import { openCli, type Cli } from "./hafen.ts";

describe("hafen user and hafen audit", () => {
  let world: World;
  let admin: Cli;
  before(async () => {
    world = await startWorld({ busybox: false });
    admin = await openCli({ url: world.url, apiKey: world.adminKey });
  });
  after(async () => {
    await admin[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  test("make a user, change what it may, and show it", async () => {
    const apiKey = await admin.ok(
      "user",
      "create",
      "frank",
      "--quota",
      "volumes=2",
      "--policy",
      "profile=restricted,egress=none",
    );
    assert.match(apiKey, /^hfn_/);
    assert.equal(
      await admin.ok("user", "update", "frank", "--quota", "volumes=1", "--quota", "imageBytes=2g"),
      "frank",
    );
    const [frank] = JSON.parse(await admin.ok("user", "inspect", "frank")) as {
      policy: object;
      quota: Record<string, number>;
    }[];
    assert.deepEqual(frank?.policy, { profile: "restricted", egress: "none" });
    assert.deepEqual([frank?.quota["volumes"], frank?.quota["imageBytes"]], [1, 2 * 1024 ** 3]);
    await admin.ok("user", "update", "frank", "--policy", "none");
    assert.match(await admin.ok("user", "ls"), /frank +user +active/);
    assert.match(await admin.ok("user", "update", "frank", "--role", "admin"), /^hfn_/);
    for (const wrong of [
      ["--policy", "egress=all"],
      ["--policy", "profile=standard"],
      ["--quota", "gpus=1"],
      ["--role", "root"],
    ])
      assert.equal((await admin("user", "update", "frank", ...wrong)).code, 125, wrong.join(" "));
    assert.equal((await admin("user", "update", "frank")).code, 1);
    await using hafen = await openCli({ url: world.url, apiKey });
    const shown = await hafen.ok("whoami");
    assert.match(shown, /QUOTA +USED +OF/);
    assert.match(shown, /buildMinutes +0 +3000/);
  });

  test("show what was done and refused, and remove a user with everything", async () => {
    const apiKey = await admin.ok("user", "create", "leaver");
    await using hafen = await openCli({ url: world.url, apiKey });
    await hafen.ok("volume", "create", "one");
    assert.equal((await hafen("rm", "nothing")).code, 1);
    assert.equal((await hafen("user", "ls")).code, 1);
    const own = await hafen.ok("audit");
    assert.match(own, /^\S+ usr_\w+ key_\w+ 127\.0\.0\.1 done volume\.create vol_\w+$/m);
    assert.match(
      await admin.ok("audit", "--user", "leaver", "--action", "volume.", "-n", "1"),
      / done volume\.create /,
    );
    const lines = (await admin.ok("--json", "audit", "--since", "1h"))
      .split("\n")
      .map((line) => JSON.parse(line) as { action: string });
    assert.ok(lines.some(({ action }) => action === "user.create"));

    assert.equal((await admin("user", "rm", "leaver")).code, 125, "nobody can be asked");
    assert.equal(await admin.ok("user", "rm", "-f", "leaver"), "leaver");
    assert.equal((await hafen("whoami")).code, 1);
    assert.doesNotMatch(await admin.ok("user", "ls"), /leaver/);
    assert.match(await admin.ok("audit", "--action", "user.removed"), / done user\.removed usr_/);
  });
});
