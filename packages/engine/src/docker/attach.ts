import type { Duplex } from "node:stream";
import type { AttachOptions, EngineId, Session } from "../engine.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { checkedName, type Client } from "./client.ts";
import { absent, inspectContainer } from "./containers.ts";
import { openSession } from "./session.ts";

export async function attach(client: Client, id: EngineId, options: AttachOptions): Promise<Session> {
  const what = `attach to ${id}`;
  const container = client.docker.getContainer(checkedName(id));
  const query = { stream: true, stdin: options.stdin, stdout: true, stderr: true, logs: options.backlog, hijack: true };
  const socket = await call(what, DEADLINES_MS.open, options, (abortSignal) =>
    container.attach({ ...query, abortSignal }),
  );
  return openSession(socket as Duplex, {
    what,
    tty: options.tty,
    async resize(columns, rows) {
      await call(`resize ${id}`, DEADLINES_MS.ask, undefined, (abortSignal) =>
        container.resize({ w: columns, h: rows, abortSignal }),
      );
    },
    exitCode: (left) => (left() ? Promise.resolve(undefined) : endedNow(client, id)),
    // The container is not the session's to end.
    kill: () => Promise.resolve(void socket.end(() => (socket as Duplex).destroy())),
  });
}

/** The engine notes the end some milliseconds after the output closes; a process that only closed its output runs on. */
async function endedNow(client: Client, id: EngineId): Promise<number | undefined> {
  const ENDS_WITHIN_MS = 5_000;
  const settled = new AbortController();
  const timer = setTimeout(() => settled.abort(), ENDS_WITHIN_MS);
  try {
    await call(`wait for ${id}`, DEADLINES_MS.ask, undefined, (abortSignal) =>
      client.docker
        .getContainer(id)
        .wait({ condition: "not-running", abortSignal: AbortSignal.any([abortSignal, settled.signal]) })
        .catch((cause: unknown) => (settled.signal.aborted ? undefined : absent(cause))),
    );
  } finally {
    clearTimeout(timer);
  }
  return (await inspectContainer(client, id))?.exitCode;
}
