import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A unix socket in front of another one, whose line a test may hold up, slow down or cut. */
export interface Relay extends AsyncDisposable {
  directory: string;
  path: string;
  /** Connections are taken, and no byte goes either way until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** What the far side sends comes so much later. */
  delayMs: number;
  /** Breaks every connection off. */
  cut(): void;
  /** Breaks each connection off once the far side has sent so many bytes on it; undefined: never. */
  cutAfterBytes: number | undefined;
  /** How often a connection was cut by `cutAfterBytes`. */
  cuts(): number;
}

export async function openRelay(target: string, name = "relay.sock"): Promise<Relay> {
  const directory = await mkdtemp(join(tmpdir(), "hafen-relay-"));
  const path = join(directory, name);
  const pairs = new Set<[Socket, Socket]>();
  let frozen = false;
  let cuts = 0;
  const each = (act: (socket: Socket) => void) => pairs.forEach((pair) => pair.forEach(act));

  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path: target, allowHalfOpen: true });
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    let sent = 0;
    const close = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.on("error", close).on("close", close);
    near.pipe(far);
    far.on("data", (chunk: Buffer) => {
      const forward = () => {
        const left = relay.cutAfterBytes === undefined ? chunk.length : relay.cutAfterBytes - sent;
        sent += chunk.length;
        if (chunk.length <= left) return void near.write(chunk);
        cuts++;
        near.write(chunk.subarray(0, Math.max(0, left)), close);
      };
      if (relay.delayMs > 0) setTimeout(forward, relay.delayMs);
      else forward();
    });
    far.on("end", () => setTimeout(() => near.end(), relay.delayMs));
    if (frozen) pair.forEach((socket) => socket.pause());
  });
  server.listen(path);
  await once(server, "listening");

  const relay: Relay = {
    directory,
    path,
    delayMs: 0,
    cutAfterBytes: undefined,
    cuts: () => cuts,
    freeze() {
      frozen = true;
      each((socket) => socket.pause());
    },
    thaw() {
      frozen = false;
      each((socket) => socket.resume());
    },
    cut: () => each((socket) => socket.destroy()),
    async [Symbol.asyncDispose]() {
      each((socket) => socket.destroy());
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return relay;
}
