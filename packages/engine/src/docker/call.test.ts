import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { collect, isKind } from "../conformance/subject.ts";
import { once } from "../tar.ts";
import { call } from "./call.ts";
import { connect } from "./client.ts";
import { openDocker } from "./driver.ts";
import { FILES, STARTING, toEngineError, UPDATING, type Wording } from "./errors.ts";

/** An engine that accepts connections: what it answers is set by each test. */
let server: Server;
let directory: string;
let host: string;
let answer = "";

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "hafen-engine-"));
  host = `unix://${directory}/engine.sock`;
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => answer !== "" && socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(`${directory}/engine.sock`, resolve));
});
after(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

test("an engine that does not answer is unavailable at the deadline", async () => {
  answer = "";
  const { docker, agent } = connect(host);
  await assert.rejects(
    call("ping", 20, undefined, () => docker.ping()),
    isKind("unavailable"),
  );
  agent.destroy();
});

test("an abort ends a call that waits", async () => {
  answer = "";
  const engine = openDocker(host);
  const leaving = new AbortController();
  const calls = [
    engine.info({ signal: leaving.signal }),
    collect(engine.logs("x", { follow: true, signal: leaving.signal })),
    engine.importImage(once(Buffer.alloc(10)), { changes: [], signal: leaving.signal }),
    engine.exec("x", { command: ["x"], env: [], tty: false, stdin: false }, { signal: leaving.signal }),
  ];
  leaving.abort();
  for (const waiting of calls) await assert.rejects(waiting, isKind("aborted"));
  await engine.close();
});

test("an answer that is cut off is unavailable, in a stream too", async () => {
  answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
  const engine = openDocker(host);
  await assert.rejects(
    collect(engine.events({ label: { key: "k", value: "v" }, sinceMs: 0, signal: new AbortController().signal })),
    isKind("unavailable"),
  );
  await assert.rejects(collect(await engine.getArchive("x", "/")), isKind("unavailable"));
  await engine.close();
});

test("an engine whose cgroup driver cannot bound a build is asked for none", async () => {
  const body = JSON.stringify({ CgroupDriver: "systemd" });
  answer = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const engine = openDocker(host);
  const request = {
    context: once(Buffer.alloc(1)),
    dockerfile: "Dockerfile",
    bases: [],
    buildArgs: {},
    labels: {},
    noCache: false,
    network: "none" as const,
    limits: { cpus: 1, memoryBytes: 1, pids: 1, diskBytes: 1, outputBytes: 1 },
    cgroupParent: "/hafen-conformance/none",
  };
  await assert.rejects(collect(engine.buildImage(request)), isKind("invalid"));
  await engine.close();
});

test("what is no JSON is no answer", async () => {
  answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";
  const engine = openDocker(host);
  await assert.rejects(engine.loadImages(once(Buffer.alloc(1))), isKind("unavailable"));
  await engine.close();
});

test("an engine that is not there is unavailable", async () => {
  const engine = openDocker(`unix://${directory}/absent.sock`);
  await assert.rejects(engine.info(), isKind("unavailable"));
  assert.throws(() => openDocker("localhost:2375"), isKind("invalid"));
});

test("a name cannot become another path", async () => {
  const engine = openDocker(host);
  for (const name of ["../info", "a/../../x", "x?force=1", "x y", "", "x#y", "%2e%2e"]) {
    await assert.rejects(engine.inspectContainer(name), isKind("invalid"), name);
    await assert.rejects(engine.removeVolume(name), isKind("invalid"), name);
    await assert.rejects(engine.inspectImage(name), isKind("invalid"), name);
  }
});

test("the kind follows the status, and where it does not know the text, as the verb takes it", () => {
  const failed = (statusCode: number, text: string) =>
    Object.assign(new Error(`(HTTP code ${statusCode}) unexpected - ${text} `), { statusCode });
  const cases: [number, string, string, Wording?][] = [
    [404, "executable file not found", "not_found"],
    [409, "x", "conflict"],
    [400, "x", "invalid"],
    [403, "container rootfs is marked read-only", "invalid"],
    [500, "write /x: no space left on device", "no_space"],
    [500, `write /${"x".repeat(1000)}: no space left on device`, "no_space"],
    [500, "Container abc is not running", "conflict"],
    [500, "something else", "unavailable"],

    [500, "unable to find user foo: no matching entries in passwd file", "invalid", STARTING],
    [500, 'OCI runtime exec failed: exec failed: exec: "/x": permission denied: unknown', "invalid", STARTING],
    [
      500,
      'OCI runtime create failed: chdir to cwd ("/x") set in config.json failed: not a directory',
      "invalid",
      STARTING,
    ],
    [
      500,
      'mounting "/v" to rootfs at "/etc/passwd" caused: mount through procfd: not a directory',
      "invalid",
      STARTING,
    ],
    [500, 'mounting "/v" to rootfs at "/v" caused: stat /v: no such file or directory', "unavailable", STARTING],
    [500, "error creating overlay mount to /x/merged: no such file or directory", "unavailable", STARTING],
    [500, 'failed to start shim: exec: "containerd-shim": executable file not found in $PATH', "unavailable", STARTING],
    [500, "write /sys/fs/cgroup/pids/x/pids.max: invalid argument", "unavailable", STARTING],
    [500, "unlinkat /x: device or resource busy", "unavailable"],

    [500, "lstat /x/merged/etc/passwd/y: not a directory", "not_directory", FILES],
    [500, "mounted volume is marked read-only", "read_only", FILES],
    [500, "Error processing tar file(exit status 1): unexpected EOF", "invalid", FILES],
    [500, "stat /var/lib/docker/x: no such file or directory", "unavailable", FILES],
    [500, "write memory.limit_in_bytes: device or resource busy", "conflict", UPDATING],
  ];
  for (const [status, text, kind, wording] of cases)
    assert.equal((toEngineError("x", failed(status, text), wording) as { kind?: string }).kind, kind, text);
  const wrapped =
    'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "foo": executable file not found in $PATH: unknown';
  assert.equal(
    toEngineError("start c", failed(400, wrapped)).message,
    'start c: exec: "foo": executable file not found in $PATH',
  );
});
