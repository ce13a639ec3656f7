import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { ProblemError } from "@hafen/contract";
import { framed } from "@hafen/process";
import { refusalOf, textOf, unreachable, type WorkerCall } from "../worker-streams.ts";

/** The worker gives the container 5 s. */
const DIAL_MS = 10_000;
const PROBE_MS = 30_000;

/** A connection to a container's port, through its worker. Its refusals come back as problems. */
export async function dialPort({ url, authorization }: WorkerCall, allowHalfOpen: boolean): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const asked = httpRequest(url, {
    headers: { authorization, connection: "upgrade", upgrade: "tcp" },
    createConnection: ({ host, port }) =>
      connect({
        host: host ?? "",
        port: Number(port ?? 80),
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: PROBE_MS,
      }),
  });
  asked.setTimeout(DIAL_MS, () => asked.destroy());
  asked.on("upgrade", (_response, socket: Socket, head) => {
    socket.setTimeout(0);
    if (head.length > 0) socket.unshift(head);
    const stream = framed(socket, { allowHalfOpen });
    resolve(stream.on("error", () => stream.destroy())); // whoever uses it sees it close
  });
  asked.on("response", (response) => {
    textOf(response)
      .then((text) => reject(refusalOf(text)))
      .catch(() => reject(unreachable()))
      .finally(() => asked.destroy());
  });
  asked.on("error", () => reject(unreachable()));
  asked.end();
  return promise;
}

/** For a problem of ours that came back as a request's error. */
export function problemOfDial(error: unknown): ProblemError {
  return error instanceof ProblemError
    ? error
    : new ProblemError(
        "port_unreachable",
        "The server in the container broke the connection off, or did not speak HTTP.",
      );
}
