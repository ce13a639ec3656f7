import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { execFile, spawn } from "node:child_process";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { eventually, startWorld, type World } from "../support/index.ts";
import { onTerminal, openCli, type Cli } from "./hafen.ts";

const MIB = 1024 * 1024;
const DETACH = "\u0010\u0011";

let world: World;
let hafen: Cli;
before(async () => {
  world = await startWorld();
  hafen = await openCli({ url: world.url, apiKey: (await world.user()).apiKey });
  const script = "touch /added; rm /etc/group; exec sleep 100000";
  await hafen.ok("run", "-d", "--name", "box", "-m", "64m", "busybox", "sh", "-c", script);
});
after(async () => {
  await hafen[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const runs = async (part: string) => (await hafen.ok("top", "box")).includes(part);

describe("hafen exec", () => {
  test("gives output apart, and the command's exit code", async () => {
    const { code, stdout, stderr } = await hafen("exec", "box", "sh", "-c", "echo out; echo err >&2; exit 9");
    assert.deepEqual([code, stdout, stderr], [9, "out\n", "err\n"]);
    assert.equal((await hafen("exec", "box", "no-such-command")).code, 127);
  });

  test("-i carries any bytes, of any length", async () => {
    const sent = randomBytes(5 * MIB);
    const [program = "", ...script] = hafen.command;
    const child = spawn(program, [...script, "exec", "-i", "box", "cat"], { env: hafen.env, cwd: hafen.home });
    child.stdin.end(sent);
    const received = await buffer(child.stdout);
    assert.ok(received.equals(sent), `${received.length}`);
  });

  test("ends at its time limit with 124, and says so", async () => {
    const { code, stderr } = await hafen("exec", "--timeout", "0.3s", "box", "sleep", "6001");
    assert.deepEqual([code, stderr], [124, "hafen: ended at its time limit\n"]);
    assert.ok(!(await runs("sleep 6001")));
  });

  test("-it is a terminal: its size, Ctrl-C for the command inside, its exit code", async () => {
    const script = "trap 'echo cau''ght' INT; stty size; echo re''ady; while :; do read line && eval \"$line\"; done";
    const terminal = onTerminal(hafen, ["exec", "-it", "box", "sh", "-c", script]);
    await eventually("it is ready", () => terminal.stdout().includes("ready"));
    terminal.write("stty size\n");
    await eventually("it has our size", () => terminal.stdout().includes("40 120"));
    terminal.write("\u0003");
    await eventually("Ctrl-C is caught inside", () => terminal.stdout().includes("caught"));
    terminal.write("exit 6\n");
    assert.equal((await terminal.ended).code, 6);
  });

  test("Ctrl-P Ctrl-Q leaves the command running", async () => {
    const terminal = onTerminal(hafen, ["exec", "-it", "box", "sh", "-c", "echo re''ady; exec sleep 6002"]);
    await eventually("it is ready", () => terminal.stdout().includes("ready"));
    terminal.write(DETACH);
    assert.equal((await terminal.ended).code, 0);
    assert.ok(await runs("sleep 6002"));
  });

  test("-d answers at once and leaves it running", async () => {
    assert.equal(await hafen.ok("exec", "-d", "box", "sleep", "6003"), "");
    await eventually("it runs", () => runs("sleep 6003"));
  });

  test("without a terminal passes Ctrl-C on, and leaves at the second, which ends the command", async () => {
    const polite = hafen.start(
      "exec",
      "box",
      "sh",
      "-c",
      "trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.05; done",
    );
    await eventually("it is ready", () => polite.stdout().includes("ready"));
    polite.signal("SIGINT");
    assert.deepEqual(await polite.ended.then(({ code, stdout }) => [code, stdout]), [5, "ready\ncaught\n"]);

    const stubborn = hafen.start(
      "exec",
      "box",
      "sh",
      "-c",
      "trap 'echo no' INT; echo ready; while :; do sleep 0.05; : 6004; done",
    );
    await eventually("it is ready", () => stubborn.stdout().includes("ready"));
    stubborn.signal("SIGINT");
    await eventually("it does not mind", () => stubborn.stdout().includes("no"));
    stubborn.signal("SIGINT");
    assert.equal((await stubborn.ended).code, 130);
    await eventually("it is gone", async () => !(await runs(": 6004")));
  });

  test("is refused where it makes no sense", async () => {
    assert.equal((await hafen("exec", "--json", "-i", "box", "true")).code, 125);
    const { code, stderr } = await hafen("exec", "-it", "box", "sh");
    assert.deepEqual([code, stderr], [1, "hafen: the input device is not a TTY\n"]);
    const result = JSON.parse(await hafen.ok("exec", "--json", "box", "echo", "hi")) as Record<string, unknown>;
    assert.deepEqual([result["stdout"], result["exitCode"]], ["hi\n", 0]);
  });
});

describe("what a container is and does", () => {
  test("hafen top lists its processes in its own numbers", async () => {
    const [header, first = ""] = (await hafen.ok("top", "box")).split("\n");
    assert.match(header ?? "", /^UID +PID +PPID +S +RSS +ELAPSED +TIME +CMD$/);
    assert.match(first, /^0 +1 +0 +S .* \/sbin\/docker-init|^0 +1 +0 +S .*sleep/);
  });

  test("hafen stats --no-stream is one sample, of all that run or of those named", async () => {
    const [header, row = ""] = (await hafen.ok("stats", "--no-stream")).split("\n");
    assert.match(header ?? "", /^CONTAINER ID +NAME +CPU % +MEM USAGE \/ LIMIT +MEM % +NET I\/O +BLOCK I\/O +PIDS$/);
    assert.match(row, /box +\d+\.\d\d% +\S+ \/ 67\.1MB +\d+\.\d\d% /);
    const [json] = JSON.parse(await hafen.ok("stats", "--no-stream", "--format", "json", "box")) as {
      name: string;
      stats: object;
    }[];
    assert.equal(json?.name, "box");
    assert.ok(json && "cpu" in json.stats);
    assert.equal((await hafen("stats", "--no-stream", "absent")).code, 1);
  });

  test("hafen stats is a table that moves on a terminal, until Ctrl-C", async () => {
    const terminal = onTerminal(hafen, ["stats", "box"]);
    await eventually("it is drawn over", () => {
      const tables = terminal.stdout().split("\u001b[2A\u001b[J");
      return tables.filter((table) => table.includes("67.1MB")).length > 1;
    });
    terminal.write("\u0003");
    assert.equal((await terminal.ended).code, 130);
  });

  test("hafen diff shows what was added, changed and deleted", async () => {
    const lines = (await hafen.ok("diff", "box")).split("\n");
    for (const line of ["A /added", "C /etc", "D /etc/group"]) assert.ok(lines.includes(line), line);
  });

  test("hafen export writes a tar that hafen import takes", async () => {
    await hafen.ok("export", "-o", "box.tar", "box");
    assert.equal(await hafen.ok("import", "box.tar", "again").then((text) => text.startsWith("sha256:")), true);
    assert.equal(await hafen.ok("run", "--rm", "again", "ls", "/added"), "/added");
    const file = join(hafen.home, "kept.tar");
    await writeFile(file, "kept");
    assert.equal((await hafen("export", "-o", "kept.tar", "absent")).code, 1);
    assert.equal(await readFile(file, "utf8"), "kept", "a refusal leaves what is there");
    assert.equal((await hafen("export", "box")).stdout.slice(257, 262), "ustar");
    await symlink("kept.tar", join(hafen.home, "link.tar"));
    await hafen.ok("export", "-o", "link.tar", "box");
    assert.equal((await readFile(file)).toString("latin1", 257, 262), "ustar", "a link is written through");
    await promisify(execFile)("mkfifo", [join(hafen.home, "pipe")]);
    const [piped] = await Promise.all([readFile(join(hafen.home, "pipe")), hafen.ok("export", "-o", "pipe", "box")]);
    assert.equal(piped.toString("latin1", 257, 262), "ustar");
  });

  test("hafen isolation says what the kernel enforces", async () => {
    const text = await hafen.ok("isolation", "box");
    for (const line of [
      /^Own namespaces +pid mnt net uts ipc user cgroup$/m,
      /^No new privileges +yes$/m,
      /^Memory +\S+ of 67\.1MB/m,
    ])
      assert.match(text, line);
    const json = JSON.parse(await hafen.ok("isolation", "--json", "box")) as { noNewPrivileges: boolean };
    assert.equal(json.noNewPrivileges, true);
  });
});
