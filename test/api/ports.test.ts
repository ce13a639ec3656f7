import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, request, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import type { Container, Hafen } from "@hafen/sdk";
import { WebSocket } from "ws";
import { eventually, eventuallyHolds, importNode, startWorld, type World } from "../support/index.ts";
import { askPort, openPort, optionsFor, type PortQuestion } from "./ask-port.ts";

const MIB = 1024 * 1024;
const SERVER = readFileSync(new URL("port-server.mjs", import.meta.url), "utf8");

interface Echoed {
  method: string;
  url: string;
  rawHeaders: string[];
  bytes: number;
  digest: string;
  connection: number;
}

describe("what passes to a server in a container", () => {
  let world: World;
  let user: Hafen & { apiKey: string };
  let container: Container;
  let url: string;
  before(async () => {
    world = await startWorld({ busybox: false });
    await importNode(world.admin);
    user = await world.user();
    container = await user.containers.create(
      {
        image: "node",
        entrypoint: ["/bin/node", "--input-type=module", "-e", SERVER],
        workingDir: "/app",
        ports: [{ container: 8080, public: true }],
      },
      { waitSeconds: 60 },
    );
    url = container.ports[0]?.url ?? "";
    await eventually("the server listens", async () => (await logged()).includes("ready"));
  });
  after(() => world[Symbol.asyncDispose]());

  const logged = async () => (await Array.fromAsync(user.containers.logs(container.id))).map((line) => line.text);
  const echo = async (question: PortQuestion) => {
    const answer = await askPort(url, { path: "/echo", ...question });
    assert.equal(answer.status, 200, answer.text);
    return { ...answer, body: JSON.parse(answer.text) as Echoed };
  };
  /** Bytes as they are, and all that comes back until the end. */
  async function raw(...lines: string[]): Promise<string> {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.write(lines.join("\r\n"));
    return text(socket);
  }
  async function upgrade(
    headers: Record<string, string>,
    path = "/",
  ): Promise<{ response: IncomingMessage; socket?: Socket; head: Buffer }> {
    const asked = request(optionsFor(url, { path, headers: { connection: "Upgrade", ...headers } }));
    asked.end();
    return new Promise((resolve, reject) => {
      asked.on("upgrade", (response, socket: Socket, head) => resolve({ response, socket, head }));
      asked.on("response", (response) => resolve({ response, head: Buffer.alloc(0) }));
      asked.on("error", reject);
    });
  }

  test("method, path, query and headers arrive as they were sent, with the Host that the client named", async () => {
    const { body } = await echo({
      method: "DELETE",
      path: "/a%2Fb//c?x=%41&y",
      headers: { "X-Mixed": "a", cookie: "a=1" },
    });
    const { host } = new URL(url);
    assert.deepEqual([body.method, body.url], ["DELETE", "/a%2Fb//c?x=%41&y"]);
    assert.deepEqual(body.rawHeaders.slice(0, 6), ["host", host, "X-Mixed", "a", "cookie", "a=1"]);
    assert.deepEqual(body.rawHeaders.slice(6, 12), [
      "X-Forwarded-For",
      "127.0.0.1",
      "X-Forwarded-Host",
      host,
      "X-Forwarded-Proto",
      "http",
    ]);
  });

  test("Hafen's own credentials never reach the container, on a public port either", async () => {
    const { body, headers } = await echo({
      headers: {
        authorization: `Bearer ${user.apiKey}`,
        "x-hafen-key": user.apiKey,
        "x-hafen-link": `hfl_${"a".repeat(43)}`,
        cookie: `hafen_link=hfl_${"a".repeat(43)}; mine=1`,
      },
      method: "POST",
      path: "/echo?hafen_link=secret&kept=1",
    });
    assert.equal(body.url, "/echo?kept=1");
    assert.doesNotMatch(body.rawHeaders.join("\n"), /hfn_|hfl_|x-hafen|hafen_link|authorization/i);
    assert.ok(body.rawHeaders.includes("mine=1"));
    assert.deepEqual(headers["set-cookie"], ["a=1; Path=/"], "nor does it set cookies for other hosts, or Hafen's");
    assert.equal(
      (await echo({ headers: { authorization: "Basic dTpw" } })).body.rawHeaders.includes("Basic dTpw"),
      true,
    );
    assert.equal(headers["content-security-policy"], undefined, "and Hafen adds no policy of its own");
  });

  test("a large upload arrives whole, with a length and in chunks", async () => {
    const piece = randomBytes(MIB);
    const pieces = 64;
    const hash = createHash("sha256");
    for (let i = 0; i < pieces; i++) hash.update(piece);
    const digest = hash.digest("hex");
    const source = () => Readable.from(Array.from({ length: pieces }, () => piece));
    const chunked = await echo({ method: "POST", body: source() });
    assert.deepEqual([chunked.body.bytes, chunked.body.digest], [pieces * MIB, digest]);
    const long = await echo({ method: "PUT", headers: { "content-length": String(pieces * MIB) }, body: source() });
    assert.deepEqual([long.body.bytes, long.body.digest], [pieces * MIB, digest]);
    assert.ok(!long.body.rawHeaders.includes("chunked"));
  });

  test("events come as they are sent, and a client that leaves is told to the server", async () => {
    const stream = await openPort(url, { path: "/events" });
    assert.equal(stream.headers["content-type"], "text/event-stream");
    const lines = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    assert.equal(String((await lines.next()).value), "data: hello\n\n");
    assert.equal((await askPort(url, { path: "/tell?news" })).text, "1");
    assert.equal(String((await lines.next()).value), "data: news\n\n");
    stream.destroy();
    await eventually("the server sees it leave", async () => (await logged()).includes("follower left"));
    const hanging = request(optionsFor(url, { path: "/hang" }));
    hanging.on("error", () => {});
    hanging.end();
    await eventually("it waits", async () => (await logged()).includes("hanging"));
    hanging.destroy();
    await eventually("the server sees that, too", async () => (await logged()).includes("hanging is over"));
  });

  test("an upload that is broken off does not look whole to the server", async () => {
    const asked = request(optionsFor(url, { method: "POST", path: "/take" }));
    asked.on("error", () => {});
    asked.write("half");
    await eventually("a part has come", async () => (await logged()).includes("taken 4"));
    asked.destroy();
    await eventually("the server sees it break off", async () => (await logged()).includes("upload broken off"));
  });

  test("an answer that is cut off does not look whole, and one that no parser agrees on is none", async () => {
    await assert.rejects(askPort(url, { path: "/cut" }), { code: "ECONNRESET" });
    const both = await askPort(url, { path: "/both" });
    assert.deepEqual([both.status, (JSON.parse(both.text) as { code: string }).code], [502, "port_unreachable"]);
  });

  test("a slow reader slows the server, and memory does not grow", async () => {
    const stream = await openPort(url, { path: "/endless" });
    stream.pause();
    let written = -1;
    await eventually("the server waits", async () => {
      const last = Number((await logged()).findLast((line) => line.startsWith("written"))?.slice(8) ?? 0);
      const waits = last === written;
      written = last;
      return waits;
    });
    assert.ok(written < 64 * MIB, `${written} bytes are in buffers`);
    stream.destroy();
  });

  test("HEAD has no body, and 100-continue is the server's to say", async () => {
    const head = await askPort(url, { method: "HEAD", path: "/tell" });
    assert.deepEqual([head.status, head.text, head.headers["content-length"]], [200, "", "1"]);
    const asked = request(
      optionsFor(url, { method: "POST", path: "/echo", headers: { expect: "100-continue", "content-length": "3" } }),
    );
    asked.flushHeaders();
    await once(asked, "continue");
    asked.end("abc");
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    assert.equal((JSON.parse(await text(response)) as Echoed).bytes, 3);
    const refused = await askPort(url, {
      method: "POST",
      headers: { expect: "100-continue", "x-want": "no", "content-length": "3" },
      body: Readable.from([]),
    });
    assert.deepEqual([refused.status, refused.text, refused.headers.connection], [417, "not wanted", "close"]);
  });

  test("an answer before the end of an upload is passed on, and the connection is not used for another request", async () => {
    const body = new Readable({ read() {} });
    body.push(Buffer.alloc(1024));
    const early = await askPort(url, { method: "POST", path: "/early", body });
    assert.deepEqual([early.status, early.text, early.headers.connection], [413, "too much", "close"]);
  });

  test("one client's requests share a connection to the server, others' do not, and none after a body", async () => {
    const [one, other] = [new Agent({ keepAlive: true, maxSockets: 1 }), new Agent({ keepAlive: true, maxSockets: 1 })];
    const ask = async (agent: Agent, question: PortQuestion = {}) =>
      (await echo({ agent, ...question })).body.connection;
    const first = await ask(one);
    assert.equal(await ask(one), first);
    assert.notEqual(await ask(other), first);
    const posted = await ask(one, { method: "POST", body: "x" });
    assert.notEqual(posted, first);
    assert.equal(await ask(one), first);
    assert.notEqual(
      await ask(one, { headers: { "content-length": "1" }, body: "x" }),
      first,
      "a GET with a body is as a POST",
    );
    for (let i = 0; i < 5; i++)
      assert.equal((await askPort(url, { agent: one, path: "/last" })).text, "last", "a closed one is replaced");
    for (let i = 0; i < 3; i++)
      assert.equal(
        (await askPort(url, { agent: one, path: "/once" })).text,
        "once",
        "one that closes as it is used, too",
      );
    one.destroy();
    other.destroy();
  });

  test("a WebSocket of ws works through it both ways, and its close arrives", async () => {
    const { host, port } = new URL(url);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket?hafen_link=x`, {
      headers: { host, cookie: "hafen_link=t" },
    });
    const [said] = (await once(socket, "message")) as [Buffer];
    assert.doesNotMatch(said.toString(), /hafen_link/);
    const sent = randomBytes(2 * MIB);
    socket.send(sent);
    const [echoed, isBinary] = (await once(socket, "message")) as [Buffer, boolean];
    assert.deepEqual([echoed.equals(sent), isBinary], [true, true]);
    socket.close(4000);
    assert.equal(((await once(socket, "close")) as [number])[0], 4000);
    await eventually("the server sees the close", async () => (await logged()).includes("socket closed 4000"));
  });

  test("any other upgrade is a tunnel, ended half by half; one that the server refuses is an answer", async () => {
    const { response, socket, head } = await upgrade({ upgrade: "tea" });
    assert.deepEqual([response.statusCode, response.statusMessage, response.headers["x-leaf"]], [101, "Tea", "green"]);
    assert.ok(socket);
    socket.unshift(head);
    socket.end("a cup");
    assert.equal(await text(socket), "first;a cup");
    const refused = await upgrade({ upgrade: "websocket" }, "/refuse");
    assert.deepEqual(
      [refused.socket, refused.response.statusCode, await text(refused.response)],
      [undefined, 403, "no"],
    );
    assert.equal((await askPort(url, { path: "/leave" })).status, 502, "it leaves HTTP unasked");
    const ignored = await askPort(url, {
      method: "POST",
      path: "/echo",
      headers: { connection: "Upgrade", upgrade: "h2c" },
      body: "abc",
    });
    assert.equal((JSON.parse(ignored.text) as Echoed).bytes, 3, "one with a body is a plain request");
  });

  test("requests that two parsers would read in two ways are refused, and nothing of them reaches the server", async () => {
    const { host } = new URL(url);
    const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    const heads: string[][] = [
      [`POST / HTTP/1.1`, `Host: ${host}`, "Content-Length: 6", "Transfer-Encoding: chunked", "", "0", "", smuggled],
      [`POST / HTTP/1.1`, `Host: ${host}`, "Content-Length: 5", "Content-Length: 6", "", "12345"],
      [`POST / HTTP/1.1`, `Host: ${host}`, "Transfer-Encoding: xchunked", "", "0", "", smuggled],
      [`POST / HTTP/1.1`, `Host: ${host}`, "Transfer-Encoding: chunked, identity", "", "0", "", smuggled],
      [`POST / HTTP/1.1`, `Host: ${host}`, "Transfer-Encoding : chunked", "", "0", "", smuggled],
      [`POST / HTTP/1.1`, `Host: ${host}`, "Content-Length: +5", "", "12345"],
      [`GET / HTTP/1.1`, `Host: ${host}`, `Host: other`, "", ""],
      [`GET / HTTP/1.1`, `Host: ${host}`, "X: a\nY: b", "", ""],
      [`GET / HTTP/1.1`, `Host: ${host}`, "X: a", " folded: b", "", ""],
      [`GET http://${host}/ HTTP/1.1`, `Host: ${host}`, "", ""],
      [`OPTIONS * HTTP/1.1`, `Host: ${host}`, "", ""],
      [`GET /\xff HTTP/1.1`, `Host: ${host}`, "", ""],
    ];
    for (const lines of heads) {
      const answer = await raw(...lines.with(1, `${lines[1]}\r\nConnection: close`));
      assert.match(answer, /^HTTP\/1\.1 400 /, JSON.stringify(lines));
      assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1, answer);
    }
    assert.equal((await askPort(url, { path: "/tell" })).status, 200);
  });

  test("nothing is left open once its clients have gone", async () => {
    await eventuallyHolds(async () => {
      const { stdout } = await user.containers.exec(container.id, {
        command: [
          "/bin/node",
          "-e",
          "console.log(require('fs').readFileSync('/proc/net/tcp6','utf8')+require('fs').readFileSync('/proc/net/tcp','utf8'))",
        ],
      });
      const established = stdout.split("\n").filter((line) => /:1F90 \S+ 01 /.test(line));
      assert.deepEqual(established, []);
    });
  });
});
