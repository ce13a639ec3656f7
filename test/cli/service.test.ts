import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { startWorld, type World } from "../support/index.ts";
import { openCli, type Cli } from "./hafen.ts";

describe("hafen and its service", () => {
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

  test("login checks the key and stores it where only its owner reads; contexts are listed, chosen and forgotten", async () => {
    await using hafen = await openCli(undefined);
    const without = await hafen("ps");
    assert.deepEqual([without.code, without.stdout], [1, ""]);
    assert.match(without.stderr, /^hafen: not logged in; run: hafen login/);

    const refused = await hafen.with({ input: "hfn_wrong\n" }, "login", world.url);
    assert.equal(refused.code, 1);
    assert.equal(await hafen.ok("context", "ls"), "NAME   URL");
    const logged = await hafen.with({ input: `${world.adminKey}\n` }, "login", world.url);
    assert.deepEqual([logged.code, logged.stderr], [0, ""]);
    assert.match(logged.stdout, /as admin/);
    const file = join(hafen.home, ".config", "hafen", "config.json");
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.match(await readFile(file, "utf8"), new RegExp(world.adminKey));
    assert.match(await hafen.ok("whoami"), /^admin \(admin; this key may read, write, admin\)/);

    await hafen.with({ input: `${world.adminKey}\n` }, "login", "--name", "second", world.url);
    assert.match(await hafen.ok("context", "ls"), /second \*/);
    await hafen.ok("context", "use", "default");
    assert.match((await hafen("--verbose", "ps")).stderr, /from the context default/);
    assert.match((await hafen("ps", "--verbose", "--context", "second")).stderr, /from the context second/);
    await hafen.ok("context", "rm", "default", "second");
    assert.equal((await hafen("ps")).code, 1);
  });

  test("uses what npm start left in this directory, if it is its user's own", async () => {
    await using hafen = await openCli(undefined);
    const file = join(hafen.home, ".hafen", "credentials.json");
    await mkdir(join(hafen.home, ".hafen"));
    await writeFile(file, JSON.stringify({ url: world.url, apiKey: world.adminKey }), { mode: 0o600 });
    assert.match((await hafen("--verbose", "whoami")).stderr, /credentials\.json/);
    await chmod(file, 0o644);
    assert.equal((await hafen("whoami")).code, 1);
  });

  test("never sends a stored key to another address", async () => {
    await using hafen = await openCli(undefined);
    await hafen.with({ input: `${world.adminKey}\n` }, "login", world.url);
    const { code, stderr } = await hafen.with({ env: { HAFEN_URL: "http://127.0.0.1:1" } }, "ps");
    assert.deepEqual([code, stderr], [1, "hafen: HAFEN_URL is set, but HAFEN_API_KEY is not\n"]);
  });

  test("a context that is named goes before the environment", async () => {
    await using hafen = await openCli({ url: "http://127.0.0.1:1", apiKey: "hfn_of_another_place" });
    await hafen.with({ input: `${world.adminKey}\n` }, "login", "--name", "here", world.url);
    assert.match(await hafen.ok("--context", "here", "whoami"), /^admin /);
    assert.equal((await hafen("whoami")).code, 1);
  });

  test("says which of its settings is malformed, and not what it holds", async () => {
    for (const words of [["ps"], ["attach", "x"], ["exec", "-t", "x", "sh"], ["run", "x"]]) {
      for (const env of [
        { HAFEN_API_KEY: "hfn_secret\nX: y" },
        { HAFEN_API_KEY: "hfn_secrét" },
        { HAFEN_URL: "hfn_secret" },
        { HAFEN_URL: "ftp://hfn_secret" },
      ]) {
        const { code, stderr } = await admin.with({ env }, ...words);
        assert.notEqual(code, 0);
        assert.match(stderr, /^hafen: the (address|API key).* from HAFEN_URL and HAFEN_API_KEY,? .*\n$/);
        assert.doesNotMatch(stderr, /secr/);
      }
    }
  });

  test("an admin makes users, who make and revoke keys", async () => {
    const apiKey = await admin.ok("user", "create", "frank");
    assert.match(await admin.ok("user", "ls"), /frank +user/);
    assert.match(await admin.ok("hosts"), new RegExp(`^${world.hostName} +yes`, "m"));
    await using frank = await openCli({ url: world.url, apiKey });
    const reading = await frank.ok("key", "create", "--scope", "read", "--expires", "1d", "reader");
    assert.match(await frank.ok("key", "ls"), /reader +read +/);
    const read = { env: { HAFEN_API_KEY: reading } };
    assert.equal((await frank.with(read, "ps")).code, 0);
    assert.match((await frank.with(read, "volume", "create", "x")).stderr, /^hafen: .*write/);
    assert.equal(await frank.ok("key", "rm", "reader"), "reader");
    assert.equal((await frank.with(read, "ps")).code, 1);
    assert.equal((await frank("hosts")).code, 1);
  });

  test("one clear line and 125 for a wrong command line, one and 1 for what the service refuses", async () => {
    const wrong: [string[], RegExp][] = [
      [["frobnicate"], /'frobnicate' is not a hafen command/],
      [["volume"], /'volume' needs one of: create, ls, inspect, rm/],
      [["run", "--privileged", "busybox"], /run: --privileged is not taken: a container's rights/],
      [["ps", "-x"], /ps: unknown shorthand flag: 'x' in -x/],
      [["rmi", "-f", "busybox"], /rmi: -f is not taken: .*remove the container first/],
      [["stop"], /stop: needs at least 1 argument/],
      [["tag", "one"], /tag: needs exactly 2 arguments/],
      [["run", "-m"], /run: flag needs an argument: -m/],
      [["run", "--cpus", "many", "busybox"], /invalid argument "many" for --cpus: a number/],
    ];
    for (const [words, message] of wrong) {
      const { code, stdout, stderr } = await admin(...words);
      assert.deepEqual([code, stdout], [125, ""], words.join(" "));
      assert.match(stderr, message);
      assert.equal(stderr.split("\n").length, 2, "one line");
    }
    const missing = await admin("start", "nobody", "none");
    assert.deepEqual([missing.code, missing.stdout], [1, ""]);
    assert.match(missing.stderr, /^hafen: .*nobody.*\nhafen: .*none.*\n$/);
    const run = await admin("run", "no-such-image");
    assert.deepEqual([run.code, run.stdout], [125, ""]);
    assert.match(run.stderr, /^hafen: .*no-such-image.*\n$/);
    const unreachable = await admin.with({ env: { HAFEN_URL: "http://127.0.0.1:1" } }, "volume", "create", "x");
    assert.equal(unreachable.code, 1);
    assert.match(unreachable.stderr, /^hafen: .*\n$/);
  });

  test("a reader that goes away ends it with 141; an upload that breaks says why", async () => {
    const child = spawn(admin.command[0] ?? "", [...admin.command.slice(1), "help"], { env: admin.env });
    child.stdout.destroy();
    assert.deepEqual(await once(child, "close"), [141, null]);
    const filling = spawn("sh", ["-c", '"$@" > /dev/full', "sh", ...admin.command, "help"], { env: admin.env });
    const [said, [code]] = await Promise.all([text(filling.stderr), once(filling, "close")]);
    assert.deepEqual([code, said], [1, "hafen: cannot write: ENOSPC: no space left on device, write\n"]);
    const absent = await admin("load", "-i", "/no/such/file");
    assert.deepEqual([absent.code, absent.stdout], [1, ""]);
    assert.match(absent.stderr, /^hafen: .*ENOENT: no such file or directory, open '\/no\/such\/file'\n$/);
  });

  test("docker's daily spellings are taken", async () => {
    const made = await admin.ok("volume", "create");
    assert.match(made, /^[0-9a-f]{32}$/);
    assert.equal(await admin.ok("volume", "ls", "-q", "-f", "dangling=true", "-f", `name=${made}`), made);
    assert.equal(await admin.ok("volume", "ls", "-q", "-f", "dangling=false"), "");
    assert.equal(await admin.ok("volume", "rm", "-f", made, "none"), `${made}\nnone`);
    assert.equal((await admin("volume", "rm", "none")).code, 1);
    for (const words of [["--version"], ["-v"], ["version"]]) assert.match(await admin.ok(...words), /^hafen \d/);
    assert.match(await admin.ok("container", "ls", "-h"), /^Usage: hafen ps/);
    assert.equal(await admin.ok("container", "ls", "-aq"), "");
    assert.equal(await admin.ok("image", "ls", "-aq", "-f", "dangling=true"), "");
    assert.match((await admin("image", "frobnicate")).stderr, /'image frobnicate' is not one of: .*\bls\b/);
    assert.equal((await admin("system", "df", "-v")).stderr, "");
    const apiKey = await admin.ok("user", "create", "--quota", "running=0", "--quota", "memory=1g", "small");
    const small = await openCli({ url: world.url, apiKey });
    assert.match(await small.ok("whoami"), /^running +0 +0$[^]*^memoryBytes +0B +1\.07GB$/m);
    await small[Symbol.asyncDispose]();
  });

  test("what others have named cannot act on the terminal", async () => {
    await admin.ok("volume", "create", "--label", "a=\u001b[31mred", "inert");
    const { stdout } = await admin("volume", "ls");
    assert.ok(!stdout.includes("\u001b"));
    const refused = await admin("start", "\u001b]0;title\u0007");
    assert.ok(!refused.stderr.includes("\u001b") && !refused.stderr.includes("\u0007"));
    assert.match(refused.stderr, /title/);
  });

  test("the completion script is valid, and knows commands and flags", async () => {
    const script = await admin.ok("completion", "bash");
    assert.match(script, /--volumes-from/);
    assert.match(script, /complete .* hafen$/);
    assert.equal((await admin("completion", "fish")).code, 125);
    const complete = async (...words: string[]) => {
      const set = `COMP_WORDS=(hafen ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}`;
      const { stdout } = await promisify(execFile)("bash", [
        "-c",
        `${script}\n${set}; _hafen; echo "\${COMPREPLY[@]}"`,
      ]);
      return stdout.trim().split(" ");
    };
    for (const [words, wanted] of [
      [["im"], "images"],
      [["images", ""], "tree"],
      [["images", "--"], "--no-trunc"],
      [["images", "name", "--"], "--no-trunc"],
      [["images", "tree", "--"], "--json"],
      [["volume", "r"], "rm"],
      [["container", "run", "--vol"], "--volumes-from"],
    ] as const)
      assert.ok((await complete(...words)).includes(wanted), `${words.join(" ")}: ${wanted}`);
  });
});
