import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, importDebian, startWorld, type World } from "../support/index.ts";
import { onTerminal, openCli, type Cli } from "./hafen.ts";

let world: World;
let hafen: Cli;
before(async () => {
  world = await startWorld();
  await importDebian(world.admin);
  hafen = await openCli({ url: world.url, apiKey: (await world.user()).apiKey });
});
after(async () => {
  await hafen[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const ANONYMOUS = /^\[\{volume (vol_\w+) \1 \/data local {2}true \}\]$/;

test("the volume chapter of a Docker introduction, word for word", async () => {
  // docker run -it --name volumetest -v /data debian:bookworm /bin/bash
  const terminal = onTerminal(hafen, [
    "run",
    "-it",
    "--name",
    "volumetest",
    "-v",
    "/data",
    "debian:bookworm",
    "/bin/bash",
  ]);
  terminal.write("echo written in volumetest > /data/file; cat /data/file; ls -ld /data; exit\n");
  const { code, stdout } = await terminal.ended;
  assert.equal(code, 0, stdout);
  assert.match(stdout, /root@\w+:\/#/);
  assert.match(stdout, /^written in volumetest\r$/m);

  // docker inspect -f '{{.Mounts}}' volumetest
  const [, anonymous = ""] = ANONYMOUS.exec(await hafen.ok("inspect", "-f", "{{.Mounts}}", "volumetest")) ?? [];
  assert.match(anonymous, /^vol_/);
  const mounts = "{{range .Mounts}}{{.Type}} {{.Source}}:{{.Destination}} {{end}}";
  assert.equal(await hafen.ok("inspect", "-f", mounts, "volumetest"), `volume ${anonymous}:/data `);
  assert.match(await hafen.ok("volume", "ls"), new RegExp(`^${anonymous} +anonymous +\\S+ +volumetest$`, "m"));

  // --volumes-from, from a stopped and from a running container
  const read = ["run", "--rm", "--volumes-from", "volumetest", "debian:bookworm", "cat", "/data/file"];
  assert.equal(await hafen.ok(...read), "written in volumetest");
  assert.equal(await hafen.ok("start", "volumetest"), "volumetest");
  assert.equal(await hafen.ok(...read), "written in volumetest");
  const denied = await hafen("run", "--rm", "--volumes-from", "volumetest:ro", "debian:bookworm", "touch", "/data/no");
  assert.equal(denied.code, 1);
  assert.match(denied.stderr, /Read-only file system/);
  await hafen.ok(
    "run",
    "--rm",
    "--volumes-from",
    "volumetest",
    "debian:bookworm",
    "sh",
    "-c",
    "echo through another >> /data/file",
  );

  // over stop, start and a restart of the host's worker
  await hafen.ok("stop", "-t", "0", "volumetest");
  await world.worker.stop();
  await world.worker.start();
  await hafen.ok("start", "volumetest");
  await eventually("it is reached again", async () => (await hafen("exec", "volumetest", "true")).code === 0);
  assert.equal(await hafen.ok("exec", "volumetest", "cat", "/data/file"), "written in volumetest\nthrough another");

  // rm keeps the volume, also an anonymous one
  await hafen.ok("rm", "-f", "volumetest");
  assert.equal(await hafen.ok("volume", "inspect", "-f", "{{.Name}} {{len .Labels}}", anonymous), `${anonymous} 0`);
  assert.equal(
    await hafen.ok("run", "--rm", "-v", `${anonymous}:/data:ro`, "debian:bookworm", "head", "-n1", "/data/file"),
    "written in volumetest",
  );
  assert.equal(await hafen.ok("volume", "rm", anonymous), anonymous);
});

test("VOLUME in a Dockerfile; rm -v removes the anonymous ones that nobody else mounts", async () => {
  const dockerfile = "FROM debian:bookworm\nRUN mkdir /data && echo from the image > /data/file\nVOLUME /data\n";
  const built = await hafen.with({ input: dockerfile }, "build", "-t", "withvolume", "-");
  assert.equal(built.code, 0, built.stderr);
  await hafen.ok("run", "-d", "--name", "first", "withvolume", "sleep", "1000");
  await hafen.ok("run", "-d", "--name", "second", "--volumes-from", "first", "debian:bookworm", "sleep", "1000");
  assert.equal(await hafen.ok("exec", "second", "cat", "/data/file"), "from the image");
  await hafen.ok("rm", "-f", "-v", "first");
  assert.equal(await hafen.ok("exec", "second", "cat", "/data/file"), "from the image", "another one mounts it");
  await hafen.ok("rm", "-f", "-v", "second");
  await eventually("it is gone", async () => (await hafen.ok("volume", "ls", "-q")) === "");
});

test("-v name:/data[:ro] and -v /home/frank/cdata:/data name volumes that stay", async () => {
  await hafen.ok("run", "--rm", "-v", "name:/data", "debian:bookworm", "sh", "-c", "echo named > /data/file");
  assert.equal(await hafen.ok("run", "--rm", "-v", "name:/data:ro", "debian:bookworm", "cat", "/data/file"), "named");
  const path = "/home/frank/cdata";
  await hafen.ok(
    "run",
    "--name",
    "bound",
    "-v",
    `${path}:/data`,
    "debian:bookworm",
    "sh",
    "-c",
    "echo bound > /data/file",
  );
  assert.equal(await hafen.ok("inspect", "-f", "{{.Mounts}}", "bound"), `[{bind  ${path} /data   true }]`);
  const long = ["run", "--rm", "--mount", `type=bind,source=${path},target=/d,readonly`, "debian:bookworm"];
  assert.equal(await hafen.ok(...long, "cat", "/d/file"), "bound");
  const refused = await hafen("volume", "rm", path);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^hafen: .*bound/);
  await hafen.ok("rm", "-v", "bound");
  assert.match(await hafen.ok("volume", "ls"), new RegExp(`^${path} +path `, "m"));
  assert.equal(await hafen.ok("volume", "inspect", "-f", "{{.Mountpoint}}", path), path);
  assert.equal(await hafen.ok("volume", "rm", path, "name"), `${path}\nname`);
  assert.equal(await hafen.ok("volume", "ls", "-q"), "");
});
