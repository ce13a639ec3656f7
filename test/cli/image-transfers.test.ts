import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { requireEnv, startWorld, testRegistries, type World } from "../support/index.ts";
import { onTerminal, openCli, type Cli } from "./hafen.ts";

const { open, guarded, login } = testRegistries();
const unique = randomBytes(4).toString("hex");

describe("images that come and go, with hafen in docker's place", () => {
  let world: World;
  let hafen: Cli;
  let other: Cli;
  before(async () => {
    world = await startWorld({ env: { HAFEN_REGISTRIES: `${open},${guarded}` } });
    hafen = await openCli({ url: world.url, apiKey: (await world.user()).apiKey });
    other = await openCli({ url: world.url, apiKey: (await world.user()).apiKey });
  });
  after(async () => {
    await hafen[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });
  const idOf = (cli: Cli, image: string) => cli.ok("inspect", "-f", "{{.Id}}", image);

  test("commit makes an image of a container, with -c, -m and -a", async () => {
    await hafen.ok("run", "-d", "--name", "source", "busybox", "sh", "-c", "echo kept >/kept; exec sleep 1000");
    const id = await hafen.ok(
      "commit",
      "-m",
      "a message",
      "-a",
      "me",
      "-c",
      'CMD ["cat", "/kept"]',
      "-c",
      "ENV A=1",
      "source",
      "kept",
    );
    assert.match(id, /^sha256:[0-9a-f]{64}$/);
    assert.equal(await idOf(hafen, "kept"), id);
    assert.equal(await hafen.ok("run", "--rm", "kept"), "kept");
    assert.match(await hafen.ok("history", "kept"), /a message/);
    assert.equal(await hafen.ok("inspect", "-f", "{{.State.Status}}", "source"), "running");
    const refused = await hafen("commit", "-c", "RUN true", "source");
    assert.deepEqual([refused.code, refused.stdout], [1, ""]);
    assert.match(refused.stderr, /^hafen: The change .*RUN true.* is none of CMD ENTRYPOINT|^hafen: The change/);
    assert.match(await hafen.ok("commit", "--pause=false", "source"), /^sha256:/);
  });

  test("registry login takes the password from standard input or a terminal, never from the command line", async () => {
    assert.equal(
      (
        await hafen.with(
          { input: `${login.password}\n` },
          "registry",
          "login",
          guarded,
          "-u",
          login.username,
          "--password-stdin",
        )
      ).stdout,
      `Stored the password of ${login.username} for ${guarded}\n`,
    );
    assert.match(
      await hafen.ok("registry", "ls"),
      new RegExp(`^REGISTRY +USERNAME +STORED\n${guarded} +${login.username} `),
    );
    const noTerminal = await hafen("registry", "login", guarded, "-u", login.username);
    assert.equal(noTerminal.code, 125);
    assert.match(noTerminal.stderr, /--password-stdin/);
    for (const flag of [
      ["-p", "secret"],
      ["--password", "secret"],
    ])
      assert.equal((await hafen("registry", "login", ...flag)).code, 125);
    const refused = await hafen.with(
      { input: "x\n" },
      "registry",
      "login",
      "10.0.0.1:5000",
      "-u",
      "x",
      "--password-stdin",
    );
    assert.match(refused.stderr, /is not among the registries of this service/);

    const typed = onTerminal(other, ["registry", "login", guarded, "-u", login.username]);
    typed.write(`${login.password}\r`);
    const { code, stdout } = await typed.ended;
    assert.equal(code, 0, stdout);
    assert.match(stdout, /Password of alice at .*: /);
    assert.match(stdout, /Stored the password of alice/);
    assert.ok(!stdout.split("Password of")[1]?.includes(login.password), "it is not shown");
    assert.equal(await other.ok("registry", "logout", guarded), `Removed the password for ${guarded}`);
    assert.equal((await other("registry", "logout", guarded)).code, 1);
  });

  test("tag, push and pull, with progress on stderr and the name on stdout", async () => {
    const reference = `${guarded}/${unique}/app:1`;
    await hafen.ok("tag", "kept", reference);
    const pushed = await hafen("push", reference);
    assert.equal(pushed.code, 0, pushed.stderr);
    assert.match(pushed.stderr, /^Pushing to .*\n[0-9a-f]{12}: Preparing\n/);
    assert.match(pushed.stderr, /^Digest: sha256:[0-9a-f]{64}$/m);
    assert.equal(await hafen.ok("push", "-q", reference), reference);
    const id = await idOf(hafen, "kept");
    await hafen.ok("rmi", reference);
    const pulled = await hafen("pull", reference);
    assert.deepEqual([pulled.code, pulled.stdout], [0, `${reference}\n`], pulled.stderr);
    assert.match(pulled.stderr, /^Pulling /);
    assert.equal(await idOf(hafen, reference), id);
    assert.equal(await hafen.ok("run", "--rm", reference), "kept");

    const refused = await other("pull", reference);
    assert.deepEqual([refused.code, refused.stdout], [1, ""]);
    assert.match(refused.stderr, /hafen: .* does not let everybody reach .*hafen registry login/);
    const notAllowed = await hafen("pull", "debian:bookworm");
    assert.match(notAllowed.stderr, /docker\.io is not among the registries/);
    const plain = `${open}/${unique}/plain`;
    await hafen.ok("tag", "kept", plain);
    await hafen.ok("push", "-q", plain);
    assert.equal(await other.ok("pull", "-q", plain), `${plain}:latest`);
    assert.match(await other.ok("images"), new RegExp(`^${plain} +latest `, "m"));
  });

  test("save and load carry an image with its names to another user, through a file and through a pipe", async () => {
    const file = join(hafen.home, "kept.tar");
    assert.equal(await hafen.ok("save", "-o", file, "kept"), "");
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual(
      (await readdir(hafen.home)).filter((name) => name.includes(".part")),
      [],
    );
    assert.equal(await other.ok("load", "-i", file), "Loaded image: kept:latest");
    assert.equal(await idOf(other, "kept"), await idOf(hafen, "kept"));
    assert.equal(await other.ok("run", "--rm", "kept"), "kept");
    const third = await openCli({ url: world.url, apiKey: (await world.user()).apiKey });
    const loaded = await third.with({ input: await readFile(file) }, "load", "-q");
    assert.deepEqual([loaded.code, loaded.stdout, loaded.stderr], [0, "Loaded image: kept:latest\n", ""]);
    await third[Symbol.asyncDispose]();

    const missing = await hafen("save", "-o", join(hafen.home, "none.tar"), "nothing");
    assert.equal(missing.code, 1);
    assert.deepEqual(
      (await readdir(hafen.home)).filter((name) => name.startsWith("none")),
      [],
    );
    const onScreen = onTerminal(hafen, ["save", "kept"]);
    assert.match((await onScreen.ended).stdout, /cowardly refusing to write an archive to a terminal/);
    await writeFile(join(hafen.home, "broken.tar"), "no archive");
    const broken = await hafen("load", "-i", join(hafen.home, "broken.tar"));
    assert.deepEqual([broken.code, broken.stdout], [1, ""]);
  });

  test("import takes a root file system, with -c", async () => {
    const tar = requireEnv("HAFEN_TEST_BUSYBOX_TAR");
    await hafen.ok("import", "-c", "CMD echo from shell", "-c", "ENV A=1", "-c", "WORKDIR /tmp", tar, "imported:1");
    assert.equal(await hafen.ok("run", "--rm", "imported:1"), "from shell");
    assert.equal(await hafen.ok("run", "--rm", "imported:1", "sh", "-c", "echo $A $PWD"), "1 /tmp");
    await hafen.ok("import", "-c", '["echo", "only a command"]', tar, "imported:2");
    assert.equal(await hafen.ok("run", "--rm", "imported:2"), "only a command");
  });
});
