import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { request, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Output } from "@hafen/sdk";
import type { World } from "../support/index.ts";

/** Reads until all that came holds `wanted`; the rest can be read on with the same reader. */
export function readerOf({ output }: { output: AsyncIterable<Output> }) {
  const iterator = output[Symbol.asyncIterator]();
  const text = { stdout: "", stderr: "" };
  const step = async () => {
    const next = await iterator.next();
    if (next.done) return false;
    text[next.value.stream] += Buffer.from(next.value.data).toString("latin1");
    return true;
  };
  return {
    text,
    async until(wanted: RegExp) {
      while (!wanted.test(text.stdout)) if (!(await step())) assert.fail(`ended without ${wanted}: ${text.stdout}`);
    },
    async toEnd() {
      while (await step());
      return text;
    },
  };
}

export interface Upgraded {
  response: IncomingMessage;
  socket?: Socket;
  head: Buffer;
}
/** An upgrade by hand: the socket is not read until somebody does, and a refusal shows its answer. */
export async function upgrade(world: World, path: string, key?: string): Promise<Upgraded> {
  const asked = request(`${world.url}${path}`, {
    headers: {
      connection: "upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": randomBytes(16).toString("base64"),
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
  });
  const { promise, resolve, reject } = Promise.withResolvers<Upgraded>();
  asked.on("upgrade", (response, socket: Socket, head) => {
    socket.pause();
    resolve({ response, socket, head });
  });
  asked.on("response", (response) => resolve({ response, head: Buffer.alloc(0) }));
  asked.on("error", reject);
  asked.end();
  return promise;
}

/** The code of the close frame at the end of what a server sent. */
export async function closeCode(socket: Socket, head: Buffer): Promise<number | undefined> {
  let rest = head;
  let code: number | undefined;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const short = (rest[1] ?? 0) & 0x7f;
      const at = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (rest.length < at) break;
      const length = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short;
      if (rest.length < at + length) break;
      if (((rest[0] ?? 0) & 0xf) === 8) code = rest.readUInt16BE(at);
      rest = rest.subarray(at + length);
    }
    if (code !== undefined) break;
  }
  socket.destroy();
  return code;
}
