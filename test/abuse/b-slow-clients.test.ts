import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { after, before } from "node:test";
import { WebSocket } from "ws";
import { ask } from "../api/ask.ts";
import { upgrade } from "../api/sockets.ts";
import { abuse, eventually, startWorld, type World } from "../support/index.ts";

const MIB = 1024 * 1024;
const PER_ADDRESS = 500;
/** The machine's own network has many addresses. */
const [SLOW, MANY] = ["127.0.0.2", "127.0.0.3"];

let world: World;
let user: Awaited<ReturnType<World["user"]>>;
let id: string;
before(async () => {
  world = await startWorld({ env: { HAFEN_STALL_SECONDS: "2", HAFEN_CONNECTIONS_PER_ADDRESS: String(PER_ADDRESS) } });
  user = await world.user();
  const command = ["sh", "-c", "dd if=/dev/zero of=/large bs=1M count=64; echo made; sleep 1000"];
  ({ id } = await user.containers.create({ image: "busybox", command, openStdin: true }, { waitSeconds: 60 }));
  for await (const { text } of user.containers.logs(id, { follow: true })) if (text.includes("made")) break;
});
after(() => world[Symbol.asyncDispose]());

interface Client {
  socket: Socket;
  answer: () => string;
  closed: () => boolean;
}
/** Connections that say what they are told to at first, and then `more` again and again. */
async function open(count: number, localAddress: string, first: string, more = "", reads = true): Promise<Client[]> {
  const port = Number(new URL(world.url).port);
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect({ port, host: "127.0.0.1", localAddress });
      let [answer, closed] = ["", false];
      const timer = more === "" ? undefined : setInterval(() => socket.write(more), 100);
      socket.on("error", () => {});
      socket.on("close", () => (clearInterval(timer), (closed = true)));
      if (reads) socket.on("data", (data: Buffer) => (answer += data.toString("latin1")));
      await once(socket, "connect");
      socket.write(first);
      return { socket, answer: () => answer, closed: () => closed };
    }),
  );
}
const allClosed = (what: string, clients: Client[]) =>
  eventually(`${what} are closed`, () => clients.every(({ closed }) => closed()), 60_000);
const memory = () =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${world.api.pid()}/status`, "utf8"))?.[1]) * 1024;
const refusals = async (reason: string) => {
  const { text } = await ask(world.url, "GET", "/metrics");
  return Number(new RegExp(`hafen_http_refused_total\\{reason="${reason}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
};
const answers = async () => assert.equal((await ask(world.url, "GET", "/v1/me", { key: user.apiKey })).status, 200);

abuse("B7", "hundreds of connections that send heads and bodies a byte at a time, or read nothing", async () => {
  const atFirst = memory();
  const authorization = `Authorization: Bearer ${user.apiKey}`;
  const head = `Host: localhost\r\n${authorization}\r\n`;
  const body = `POST /v1/volumes HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{`;
  const [steady] = await open(1, SLOW, body, " ".repeat(2_000));
  const [idle] = await open(1, SLOW, `GET /healthz HTTP/1.1\r\n${head}\r\n`);
  const silent = await open(50, SLOW, "");
  const heads = await open(150, SLOW, "GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX: ", "a");
  const bodies = await open(100, SLOW, body, " ");
  const strangers = await open(50, SLOW, body.replace(`${authorization}\r\n`, ""), " ");
  // One file at a time is read of a container.
  const readers = await open(2, SLOW, `GET /v1/containers/${id}/files?path=/large HTTP/1.1\r\n${head}\r\n`, "", false);
  for (const { socket } of readers) socket.pause();
  const greedy = await open(20, SLOW, `GET /openapi.json HTTP/1.1\r\n${head}\r\n`.repeat(300), "", false);
  await answers();
  await allClosed("those that ask for more than they read", greedy);
  await allClosed("those that say nothing", silent);
  await allClosed("slow heads", heads);
  await allClosed("slow bodies", bodies);
  await allClosed("bodies without a key", strangers);
  await eventually("slow readers are dropped", async () => (await refusals("slow_reading")) >= readers.length, 60_000);
  const most = (memory() - atFirst) / MIB;
  assert.ok(most < 200, `the api grew by ${most} MiB`);
  for (const { answer } of [...heads, ...bodies])
    assert.match(answer(), /^HTTP\/1\.1 408 [^]*"code":"request_stalled"/);
  for (const { answer } of strangers) assert.match(answer(), /^HTTP\/1\.1 401 /);
  // A stranger who was answered may be counted, too, until the connection is closed.
  const stalled = (await refusals("request_stalled")) - heads.length - bodies.length;
  assert.ok(stalled >= 0 && stalled <= strangers.length, `${stalled} more than had stalled`);
  // What makes progress is not slow, nor is a connection that is kept for the next request.
  await eventually("the steady body is answered", () => /^HTTP\/1\.1 (400|201)/.test(steady?.answer() ?? ""));
  idle?.socket.write(`GET /healthz HTTP/1.1\r\n${head}\r\n`);
  await eventually("the kept connection is used again", () => idle?.answer().match(/HTTP\/1\.1 200/g)?.length === 2);
  for (const { socket } of [...readers, steady, idle].flatMap((client) => client ?? [])) socket.destroy();
  await answers();
  return "others were served meanwhile; each was dropped once it had stalled, with 408 where it listened; a steady body was taken to its end";
});

abuse("C3", "idle and half-open connections, a message of 64 MB, a flood of pings", async () => {
  const idle = await open(PER_ADDRESS, MANY, "");
  const more = await open(100, MANY, "");
  await allClosed("those over the limit of an address", more);
  await answers();
  assert.ok((await refusals("connections_of_address")) >= more.length);
  for (const { socket } of idle) socket.end();
  await allClosed("half-open ones", idle);

  const path = `/v1/containers/${id}/attach`;
  const headers = { authorization: `Bearer ${user.apiKey}` };
  const large = new WebSocket(`${world.url.replace("http", "ws")}${path}`, { headers });
  await once(large, "open");
  large.on("error", () => {});
  large.send(Buffer.alloc(64 * MIB));
  const [code] = (await once(large, "close")) as [number];
  assert.ok(code === 1009 || code === 1006, `closed with ${code}`);

  const unflooded = memory();
  const { socket } = await upgrade(world, path, user.apiKey);
  assert.ok(socket);
  socket.on("error", () => {});
  // 125 bytes each, masked as a client's must be, and none of the answers is read.
  const ping = Buffer.concat([Buffer.of(0x89, 0x80 | 125), randomBytes(4), randomBytes(125)]);
  const flood = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
  for (let sent = 0; sent < 200; sent++) if (!socket.write(flood)) await once(socket, "drain");
  const grown = (memory() - unflooded) / MIB;
  assert.ok(grown < 100, `the api grew by ${grown} MiB`);
  socket.destroy();
  await answers();
  return `closed at ${PER_ADDRESS} of one address, with 1009, and ${Math.round(grown)} MiB more after 200,000 pings that nobody read`;
});
