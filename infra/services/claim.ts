import { connect, createServer } from "node:net";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { ServiceError } from "./error.ts";
import type { Places } from "./places.ts";

/**
 * One Hafen per home. The claim is an abstract unix socket: the kernel gives it to exactly one
 * process and takes it back even after kill -9, so there is no stale lock to judge.
 */
export async function claimHome(places: Places): Promise<() => void> {
  const address = `\0hafen-${places.id}`;
  const server = createServer((socket) => socket.on("error", () => {}).end(String(process.pid)));
  server.unref().listen(address);
  try {
    await once(server, "listening");
  } catch (cause) {
    const holder = await text(connect(address)).catch(() => "unknown");
    throw new ServiceError(
      "busy",
      `Hafen already runs from ${places.home} (process ${holder}).\nStop it first, or choose another home.`,
      { cause },
    );
  }
  return () => server.close();
}
