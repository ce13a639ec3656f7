import type { Socket } from "node:net";
import { HafenError, type Hafen } from "@hafen/sdk";
import { command } from "../../command.ts";
import { EXIT_CODES } from "../../exit-codes.ts";
import { Failure, UsageError } from "../../failures.ts";
import { one } from "../../flags.ts";
import { inert } from "../../format/inert.ts";
import { problemText } from "../../problem-text.ts";
import { stream, type Piece } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";
import { carryConnection } from "../../terminal/carry-connection.ts";
import { listenLocally, type LocalListener } from "../../terminal/listen-locally.ts";
import { portOf } from "./port-flags.ts";

interface Forward {
  local: number;
  port: number;
}

export default command({
  usage: "CONTAINER [LOCAL:]PORT...",
  takes: [2, Infinity],
  flags: { address: one("ADDRESS", ["Listen on this address; default 127.0.0.1"]) },
  async run(ctx, { flags: { address = "127.0.0.1" }, args: [given = "", ...words] }) {
    const forwards = words.map(forwardOf);
    const client = await ctx.client();
    const { id, name, state } = await client.containers.get(await containerRef(client, given));
    if (state !== "running")
      throw new Failure(`${name} is ${state}; only a running container's ports can be forwarded`);
    return stream(
      (async function* (): AsyncGenerator<Piece, number> {
        const interrupted = Promise.withResolvers<void>();
        const release = ctx.onSignal("SIGINT", interrupted.resolve);
        const trouble = (text: string) => void ctx.stderr.write(`hafen: ${inert(text)}\n`);
        const listeners: LocalListener[] = [];
        try {
          for (const { local, port } of forwards) {
            const listener = await listenLocally(local, address, (socket) =>
              forward(client, { id, port }, socket, trouble),
            );
            listeners.push(listener);
            yield { to: "stderr", data: `Forwarding ${listener.where} -> ${inert(name)}:${port}\n` };
          }
          await interrupted.promise;
          return EXIT_CODES.interrupted;
        } finally {
          release();
          for (const listener of listeners) listener.close();
        }
      })(),
    );
  },
});

function forwardOf(text: string): Forward {
  const [, local, port = ""] = /^(?:(\d{1,5}):)?([^:]+)$/.exec(text) ?? [];
  const inside = portOf(port);
  const outside = local === undefined ? inside : Number(local);
  if (outside > 65_535) throw new UsageError(`${outside} is no port`);
  return { local: outside, port: inside };
}

/** One that cannot be made is told, and does not end the others. */
function forward(
  client: Hafen,
  { id, port }: { id: string; port: number },
  socket: Socket,
  trouble: (text: string) => void,
): void {
  client.containers
    .connect(id, port)
    .then((connection) => carryConnection(socket, connection))
    .catch((error: unknown) => {
      const mine = error instanceof HafenError && error.code === "aborted";
      if (!mine && !socket.destroyed) trouble(error instanceof HafenError ? problemText(error) : String(error));
      socket.resetAndDestroy();
    });
}
