import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { eventually, startWorld, type World } from "../support/index.ts";
import { askPort } from "../api/ask-port.ts";
import { openCli, type Cli } from "./hafen.ts";

const SERVE = "mkdir /www; echo hello >/www/index.html; exec httpd -f -p 80 -h /www";

describe("hafen port, port-forward and link", () => {
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

  /** What a connection to this machine gets for what it sends, to the end. */
  async function said(port: number, sent: string): Promise<string> {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.end(sent);
    return text(socket);
  }
  const forwardedTo = (line: string) => Number(/Forwarding 127\.0\.0\.1:(\d+) -> /.exec(line)?.[1]);

  test("flows lists where a container called", async () => {
    const call = "nc -w 1 198.51.100.9 81; exec sleep 1000";
    await hafen.ok("run", "-d", "--name", "caller", "busybox", "sh", "-c", call);
    await eventually("the call is listed", async () =>
      /^tcp +198\.51\.100\.9:81 +allowed +[1-9]/m.test(await hafen.ok("flows", "caller")),
    );
    assert.doesNotMatch(await hafen.ok("flows", "--denied", "caller"), /198\.51/);
  });

  test("run -p gives a port an address, and says where docker's own is", async () => {
    const flags = ["-p", "127.0.0.1:8080:80", "-p", "81/tcp", "--expose", "82", "--public", "83"];
    const { code, stdout, stderr } = await hafen("run", "-d", "--name", "web", ...flags, "busybox", "sh", "-c", SERVE);
    assert.equal(code, 0, stderr);
    const id = stdout.trim();
    const url = await hafen.ok("port", "web", "80");
    assert.equal(url, `http://80-${id.slice(4)}.localhost:${new URL(world.url).port}`);
    assert.equal(
      stderr,
      `hafen: port 80 of web is reached at ${url}; on 127.0.0.1:8080 with: hafen port-forward web 8080:80\n`,
    );
    const listed = (await hafen.ok("port", "web")).split("\n");
    assert.equal(listed.length, 4);
    assert.equal(listed[0], `80/tcp -> ${url}`);
    assert.match(listed[3] ?? "", /^83\/tcp -> http:.* \(public\)$/);
    assert.match(await hafen.ok("ps"), / 80\/tcp, 81\/tcp, 82\/tcp, 83\/tcp public +web$/m);
    assert.equal((await hafen("port", "web", "84")).code, 1);
    const shown = (template: string) => hafen.ok("inspect", "-f", template, "web");
    const exposed = JSON.parse(await shown("{{json .Config.ExposedPorts}}")) as object;
    assert.deepEqual(Object.keys(exposed), ["80/tcp", "81/tcp", "82/tcp", "83/tcp"]);
    const ports = JSON.parse(await shown("{{json .NetworkSettings.Ports}}")) as Record<string, object[]>;
    const { hostname, port } = new URL(url);
    assert.deepEqual(ports["80/tcp"], [{ HostIp: hostname, HostPort: port }]);
    const forwarded = await hafen("create", "-p", "8080:80", "--name", "later", "busybox");
    assert.match(forwarded.stderr, /port-forward later 8080:80/);
    for (const wrong of ["0", "65536", "http", "80/udp", "8000-8010"]) {
      const refused = await hafen("create", "-p", wrong, "busybox");
      assert.deepEqual([refused.code, refused.stderr.includes("--publish")], [125, true], wrong);
    }
  });

  test("port-forward carries many connections at once, to ports nobody declared, until Ctrl-C", async () => {
    const run = "nc -ll -p 7 -e cat & nc -ll -p 9 -e wc -c & wait";
    await hafen.ok("run", "-d", "--name", "any", "busybox", "sh", "-c", run);
    const forwarding = hafen.start("port-forward", "any", "0:7", "0:9", "0:11");
    await eventually("it listens", () => forwarding.stderr().split("\n").length === 4);
    const [seven = 0, nine = 0, eleven = 0] = forwarding.stderr().split("\n").map(forwardedTo);
    assert.equal(forwarding.stdout(), "");
    const sent = Array.from({ length: 20 }, (_, i) => `connection ${i}\n`.repeat(1000));
    assert.deepEqual(await Promise.all(sent.map((each) => said(seven, each))), sent);
    const large = "x".repeat(8 * 1024 * 1024);
    assert.equal(await said(nine, large), `${large.length}\n`);
    await assert.rejects(said(eleven, "nobody"), { code: "ECONNRESET" });
    assert.match(forwarding.stderr(), /hafen: Nothing answers on port 11/);
    assert.equal(await said(seven, "and the others go on"), "and the others go on");
    const open = connect(seven, "127.0.0.1").resume();
    await once(open, "connect");
    const closed = once(open, "close");
    forwarding.signal("SIGINT");
    assert.equal((await forwarding.ended).code, 130);
    await closed;
    await assert.rejects(said(seven, "over"), { code: "ECONNREFUSED" });
  });

  test("port-forward says what it cannot do before it begins", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const inUse = await hafen("port-forward", "any", `${port}:7`);
    assert.deepEqual([inUse.code, /EADDRINUSE/.test(inUse.stderr)], [1, true]);
    taken.close();
    for (const wrong of ["0", "7:0", "7:8:9", "a", "70000:7"])
      assert.equal((await hafen("port-forward", "any", wrong)).code, 125, wrong);
    await hafen.ok("create", "--name", "idle", "busybox");
    const idle = await hafen("port-forward", "idle", "80");
    assert.deepEqual([idle.code, /idle is created/.test(idle.stderr)], [1, true]);
  });

  test("link create prints a url that opens, link ls shows it without, link rm ends it", async () => {
    const url = await hafen.ok("link", "create", "web", "80", "--expires", "90s");
    await eventually("the page is there", async () => {
      const token = new URL(url).searchParams.get("hafen_link") ?? "";
      return (await askPort(url, { path: "/", headers: { "x-hafen-link": token } })).text === "hello\n";
    });
    assert.equal((await askPort(url)).status, 303);
    const [header = "", row = "", ...more] = (await hafen.ok("link", "ls", "web")).split("\n");
    assert.match(header, /^LINK ID +PORT +CREATED +EXPIRES$/);
    assert.match(row, /^lnk_\w{26} +80 +.* ago +20/);
    assert.deepEqual(more, []);
    const [id = ""] = row.split(" ");
    assert.equal(await hafen.ok("link", "rm", "web", id), id);
    assert.equal((await askPort(url)).status, 401);
    assert.equal((await hafen("link", "rm", "web", id)).code, 1);
    assert.equal((await hafen("link", "create", "web", "80", "--expires", "31d")).code, 1);
  });
});
