import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { eventually, startWorld, type World } from "../support/index.ts";
import { onTerminal, openCli, type Cli } from "./hafen.ts";

const DETACH = "\u0010\u0011";

describe("hafen run", () => {
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

  test("gives stdout and stderr apart, all of it, and the container's exit code", async () => {
    const script = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; echo odd >&2; exit 42";
    const { code, stdout, stderr } = await hafen("run", "--rm", "busybox", "sh", "-c", script);
    assert.deepEqual([code, stderr], [42, "odd\n"]);
    assert.equal(stdout, Array.from({ length: 3000 }, (_, i) => `line ${i + 1}\n`).join(""));
    assert.equal(await hafen.ok("ps", "-aq"), "", "--rm has removed it");
  });

  test("ends with 127 when the image has no such command, and says so", async () => {
    const { code, stderr } = await hafen("run", "--rm", "busybox", "no-such-command");
    assert.equal(code, 127);
    assert.match(stderr, /no-such-command/);
  });

  test("passes bytes on as they are, however slowly they are read, and stdout and stderr apart", async () => {
    const script = "head -c 24000000 /dev/urandom > /r; cat /r; sha256sum /r >&2; printf 'no end'";
    const child = spawn(
      hafen.command[0] ?? "",
      [...hafen.command.slice(1), "run", "--rm", "busybox", "sh", "-c", script],
      {
        env: hafen.env,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const hash = createHash("sha256");
    let bytes = 0;
    const [, stderr] = await Promise.all([
      (async () => {
        let held = Buffer.alloc(0);
        for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
          if (bytes === 0) await delay(3_000); // all buffers on the way are full by then
          bytes += chunk.length;
          held = Buffer.concat([held, chunk]);
          hash.update(held.subarray(0, Math.max(0, held.length - 6)));
          held = held.subarray(Math.max(0, held.length - 6));
        }
        assert.equal(held.toString(), "no end");
      })(),
      text(child.stderr),
    ]);
    assert.equal(bytes, 24_000_006);
    assert.equal(stderr, `${hash.digest("hex")}  /r\n`);
  });

  test("one that may not start ends with 125, and is not left behind", async () => {
    const { apiKey } = await world.user(undefined, { running: 0 });
    const { code, stdout, stderr } = await hafen.with(
      { env: { HAFEN_API_KEY: apiKey } },
      "run",
      "--name",
      "vain",
      "busybox",
    );
    assert.deepEqual([code, stdout], [125, ""]);
    assert.match(stderr, /^hafen: .*running.*\n$/);
    assert.equal((await hafen.with({ env: { HAFEN_API_KEY: apiKey } }, "ps", "-aq")).stdout, "");
  });

  test("one whose connection breaks goes on, though it was to be removed", async () => {
    const running = hafen.start("run", "--rm", "--name", "broken", "busybox", "sh", "-c", "echo up; sleep 1000");
    await eventually("it prints", () => running.stdout() === "up\n");
    await world.api.kill();
    await world.api.start();
    assert.equal((await running.ended).code, 125);
    assert.equal(await hafen.ok("inspect", "-f", "{{.State.Running}}", "broken"), "true");
  });

  test("start -a shows the new run and nothing of those before", async () => {
    const script = "n=$(cat /n 2>/dev/null || echo 0); n=$((n+1)); echo $n > /n; echo run $n; exit $n";
    const first = await hafen("run", "--name", "again", "busybox", "sh", "-c", script);
    assert.deepEqual([first.code, first.stdout], [1, "run 1\n"]);
    const second = await hafen("start", "-a", "again");
    assert.deepEqual([second.code, second.stdout], [2, "run 2\n"]);
  });

  test("takes docker's flags in docker's meaning", async () => {
    const flags = [
      "-e",
      "A=one",
      "-e",
      "FROM_HERE",
      "-w",
      "/tmp",
      "-u",
      "1000:1000",
      "--hostname",
      "boat",
      "-m",
      "64m",
    ];
    const env = { FROM_HERE: "two" };
    const { stdout, stderr } = await hafen.with(
      { env },
      "run",
      "--rm",
      ...flags,
      "--tmpfs",
      "/mem:size=1m",
      "busybox",
      "sh",
      "-c",
      "echo $A $FROM_HERE $PWD $(id -u):$(id -g) $(hostname); mount | grep -c ' /mem type tmpfs'",
    );
    assert.equal(stdout, "one two /tmp 1000:1000 boat\n1\n", stderr);
    assert.equal(await hafen.ok("run", "--rm", "--entrypoint", "echo", "busybox", "-n", "said"), "said");
  });

  test("takes --profile, and docker's words for what is done anyway", async () => {
    const made = await hafen.ok("run", "-d", "-P", "--init", "--profile", "restricted", "busybox", "sleep", "1000");
    assert.match(await hafen.ok("exec", made, "sh", "-c", "touch /x 2>&1; true"), /Read-only/);
    assert.equal((await hafen("run", "--profile", "mine", "busybox")).code, 125);
    assert.match(await hafen.ok("stats", "--no-stream", "--format", "{{.ID}} {{.PIDs}}", made), /^[0-9a-z]{12} \d+$/);
  });

  test("says what the container may reach outside, and --network none means docker's", async () => {
    const egressOf = async (...flags: string[]) => {
      const id = await hafen.ok("create", ...flags, "busybox", "true");
      return (JSON.parse(await hafen.ok("--json", "inspect", id)) as { egress: object }[])[0]?.egress;
    };
    assert.deepEqual(await egressOf("--network", "none"), { policy: "none", allow: [] });
    assert.deepEqual(await egressOf("--allow", "deb.debian.org", "--allow", "203.0.113.0/24:443"), {
      policy: "allow-list",
      allow: ["deb.debian.org", "203.0.113.0/24:443"],
    });
    for (const flags of [
      ["--network", "host"],
      ["--network", "none", "--allow", "a.example"],
      ["--egress", "all"],
    ])
      assert.equal((await hafen("create", ...flags, "busybox", "true")).code, 125, flags.join(" "));
    const inner = await hafen("create", "--allow", "10.0.0.0/8", "busybox", "true");
    assert.match(inner.stderr, /private or reserved range/);
  });

  test("-i carries standard input to its end", async () => {
    const input = "from a pipe\n".repeat(1000);
    const { code, stdout } = await hafen.with({ input }, "run", "-i", "--rm", "busybox", "cat");
    assert.deepEqual([code, stdout === input], [0, true]);
    await hafen.ok("run", "-d", "--name", "receiver", "busybox", "sleep", "1000");
    assert.equal((await hafen.with({ input: "exec too" }, "exec", "-i", "receiver", "cat")).stdout, "exec too");
    assert.equal((await hafen("exec", "receiver", "sh", "-c", "exit 9")).code, 9);
    assert.equal((await hafen("exec", "--timeout", "0.2s", "receiver", "sleep", "100")).code, 124);
  });

  test("passes Ctrl-C on, and ends as the container does", async () => {
    const script = "trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.05; done";
    const running = hafen.start("run", "--rm", "busybox", "sh", "-c", script);
    await eventually("it is ready", () => running.stdout().includes("ready"));
    running.signal("SIGINT");
    const { code, stdout } = await running.ended;
    assert.deepEqual([code, stdout], [5, "ready\ncaught\n"]);
  });

  test("-it is a terminal: its size, Ctrl-C for the process inside, its exit code", async () => {
    const terminal = onTerminal(hafen, ["run", "-it", "--rm", "busybox", "sh"]);
    terminal.write("stty size; tty\n");
    await eventually("it shows its size", () => terminal.stdout().includes("40 120"));
    assert.match(terminal.stdout(), /\/dev\/pts\/0|\/dev\/console/);
    terminal.write("sleep 1000\n");
    await eventually("sleep was typed", () => terminal.stdout().includes("sleep 1000"));
    terminal.write("\u0003");
    terminal.write("exit 6\n");
    assert.equal((await terminal.ended).code, 6);
  });

  test("Ctrl-P Ctrl-Q leaves it running, and attach comes back to it", async () => {
    const first = onTerminal(hafen, ["run", "-it", "--name", "shell", "busybox", "sh"]);
    first.write("echo fir''st\n");
    await eventually("the shell answers", () => first.stdout().includes("first"));
    first.write(DETACH);
    assert.equal((await first.ended).code, 0);
    assert.equal(await hafen.ok("inspect", "-f", "{{.State.Running}}", "shell"), "true");

    const second = onTerminal(hafen, ["attach", "shell"]);
    second.write("echo sec''ond\n");
    await eventually("the shell answers again", () => second.stdout().includes("second"));
    second.write("exit 4\n");
    assert.equal((await second.ended).code, 4);
  });

  test("-d answers with the id once it runs; -it without a terminal is refused", async () => {
    const container = JSON.parse(await hafen.ok("run", "-d", "--json", "busybox", "sleep", "1000")) as {
      state: string;
    };
    assert.equal(container.state, "running");
    const { code, stderr } = await hafen("run", "-it", "busybox");
    assert.deepEqual([code, stderr], [1, "hafen: the input device is not a TTY\n"]);
  });
});
