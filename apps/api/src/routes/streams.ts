import { can, routes, settled, STREAM_STALL_MS, type StreamEnded } from "@hafen/contract";
import {
  getContainer,
  startable,
  startContainer,
  waitRunEnd,
  waitSettled,
  wrongState,
  type ContainerKey,
  type Ctx,
} from "@hafen/core";
import type { ContainerRow } from "@hafen/db";
import { mount, type App } from "../mount.ts";
import { sessionSockets } from "../session-sockets.ts";

/** How long the row of a container may take to show the end that its output showed. */
const END_MS = 10_000;
/** How long a client that has it started waits for its own streams; on a terminal it can say its size only then. */
const START_MS = 30_000;

export function mountStreams(app: App): void {
  const openSession = sessionSockets();
  mount(app, routes.attachContainer, async (c) => {
    const { ctx } = c.var;
    const { backlog, start, window } = c.req.valid("query");
    const starts = start === "true";
    let row = await (starts ? startable(ctx, c.req.valid("param")) : attachable(ctx, c.req.valid("param")));
    const answer = await openSession(
      c,
      row,
      "attach",
      { backlog, start, window: window?.toString() },
      {
        ...(window === undefined && { stallMs: STREAM_STALL_MS }),
        ...(starts && {
          begin: async () => {
            row = await begun(ctx, row, c.req.raw.signal);
          },
        }),
        ended: ({ exitCode }) => endOf(ctx, row, exitCode),
      },
    );
    return answer as never;
  });
  mount(app, routes.openExec, async (c) => {
    const row = await getContainer(c.var.ctx.db, c.var.user.id, c.req.valid("param"));
    if (!can("exec", row.state)) throw wrongState(row, "exec");
    // As it came: the worker reads it by the same schema.
    return (await openSession(c, row, "exec.open", c.req.query(), {})) as never;
  });
}

async function attachable(ctx: Ctx, key: ContainerKey): Promise<ContainerRow> {
  const row = await getContainer(ctx.db, ctx.actor.userId, key);
  if (!can("attach", row.state)) throw wrongState(row, "attach");
  return row;
}

/** Starts what a worker is attached to. Its row as it was asked for: with what is known of the run before it taken off. */
async function begun(ctx: Ctx, { id }: ContainerRow, signal: AbortSignal): Promise<ContainerRow> {
  const asked = await startContainer(ctx, { ref: id });
  const row = await waitSettled(ctx, asked, START_MS, signal);
  const lives = ["running", "paused", "restarting"].includes(row.state);
  // It failed, or somebody stopped it first: there is no run whose streams would ever end.
  if (settled(row) && !lives && row.termination === null) throw wrongState(row, "start");
  return asked;
}

/** The engine's exit code with the row's reason, once the row has it. */
async function endOf(ctx: Ctx, row: ContainerRow, exitCode: number | null): Promise<StreamEnded> {
  if (exitCode === null) return { type: "ended", exitCode, termination: null };
  const last = await waitRunEnd(ctx, row, END_MS).catch(() => undefined);
  return { type: "ended", exitCode: last?.exitCode ?? exitCode, termination: last?.termination ?? null };
}
