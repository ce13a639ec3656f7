import { can, routes, STREAM_STALL_MS, type StreamEnded } from "@hafen/contract";
import { getContainer, waitContainer, wrongState, type Ctx } from "@hafen/core";
import type { ContainerRow } from "@hafen/db";
import { mount, type App } from "../mount.ts";
import { sessionSockets } from "../session-sockets.ts";

/** How long the row of a container may take to show the end that its output showed. */
const END_MS = 10_000;

export function mountStreams(app: App): void {
  const openSession = sessionSockets();
  mount(app, routes.attachContainer, async (c) => {
    const { ctx, user } = c.var;
    const row = await getContainer(ctx.db, user.id, c.req.valid("param"));
    if (!can("attach", row.state)) throw wrongState(row, "attach");
    const ended = ({ exitCode }: { exitCode: number | null }) => endOf(ctx, row, exitCode);
    const answer = await openSession(c, row, "attach", c.req.valid("query"), { stallMs: STREAM_STALL_MS, ended });
    return answer as never;
  });
  mount(app, routes.openExec, async (c) => {
    const row = await getContainer(c.var.ctx.db, c.var.user.id, c.req.valid("param"));
    if (!can("exec", row.state)) throw wrongState(row, "exec");
    // As it came: the worker reads it by the same schema.
    return (await openSession(c, row, "exec.open", c.req.query(), {})) as never;
  });
}

/** The engine's exit code with the row's reason, once the row has it. */
async function endOf(ctx: Ctx, row: ContainerRow, exitCode: number | null): Promise<StreamEnded> {
  if (exitCode === null) return { type: "ended", exitCode, termination: null };
  const waited = await waitContainer(ctx, { ref: row.id }, END_MS).catch(() => undefined);
  if (!waited?.settled) return { type: "ended", exitCode, termination: null };
  return { type: "ended", exitCode: waited.exitCode ?? exitCode, termination: waited.termination };
}
