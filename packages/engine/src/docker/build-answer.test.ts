import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isKind } from "../conformance/subject.ts";
import { buildAnswer } from "./build-answer.ts";

const PIECE_BYTES = 64 * 1024;
const agent = new Agent({ keepAlive: true });
let server: Server;
/** What the engine says is up to each test. */
let say: (response: ServerResponse) => void;

before(async () => {
  server = createServer((_, response) => say(response)).listen(0, "127.0.0.1");
  Object.assign(server, { httpAllowHalfOpen: true }); // as the engine's
  await once(server, "listening");
});
after(() => {
  agent.destroy();
  server.close();
});

async function answered(): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo;
  const [answer] = (await once(get({ port, host: "127.0.0.1", agent }), "response")) as [IncomingMessage];
  return answer;
}

test("a build that is ended when all of its answer is there ends as aborted", async () => {
  say = (response) => response.end("all of it");
  const leaving = new AbortController();
  const answer = await answered();
  const reading = async () => {
    for await (const piece of buildAnswer(answer, leaving.signal)) {
      assert.equal(piece.toString(), "all of it");
      while (!answer.readableEnded) await turn();
      await turn();
      leaving.abort();
    }
  };
  await assert.rejects(reading(), isKind("aborted"));
});

test("what the engine says of the end that was asked for is not a word of the build", async () => {
  say = (response) => {
    response.write("before");
    response.socket?.once("end", () => response.end("was killed"));
  };
  const leaving = new AbortController();
  const pieces: string[] = [];
  const reading = async () => {
    for await (const piece of buildAnswer(await answered(), leaving.signal)) {
      pieces.push(piece.toString());
      void turn().then(() => leaving.abort()); // while the next is awaited
    }
  };
  await assert.rejects(reading(), isKind("aborted"));
  assert.deepEqual(pieces, ["before"]);
});

test("what was read of an answer is kept by nobody", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  let more = true;
  say = (response) => {
    const write = () => {
      while (more && response.write(Buffer.alloc(PIECE_BYTES)));
      if (!more) response.end();
    };
    response.on("drain", write);
    write();
  };
  const pieces: WeakRef<Buffer>[] = [];
  for await (const piece of buildAnswer(await answered(), new AbortController().signal)) {
    pieces.push(new WeakRef(piece));
    if (pieces.length < 200 || !more) continue;
    // What a turn of the loop has touched is kept until it ends.
    await turn();
    collectGarbage();
    assert.ok(pieces.filter((read) => read.deref()).length < 10);
    more = false;
  }
});
