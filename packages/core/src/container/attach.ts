import { can } from "@hafen/contract";
import type { Session } from "@hafen/engine";
import type { HostCtx } from "../ctx.ts";
import { asProblem, onHost } from "./live.ts";
import { wrongState } from "./request.ts";

export interface Attached {
  session: Session;
  tty: boolean;
  openStdin: boolean;
  stdinOnce: boolean;
}

/** The streams of a container's own process. They are left when `signal` aborts; the process goes on. */
export async function attachContainer(
  ctx: HostCtx,
  id: string,
  { backlog, signal }: { backlog: boolean; signal: AbortSignal },
): Promise<Attached> {
  const row = await onHost(ctx, id);
  const { engineId } = row;
  if (!can("attach", row.state) || engineId === null) throw wrongState(row, "attach");
  const { tty, openStdin, stdinOnce = false } = row.config;
  const session = await asProblem(row, "attach", () =>
    ctx.engine.attach(engineId, { tty, stdin: openStdin, backlog, signal }),
  );
  signal.addEventListener("abort", () => session.close(), { once: true });
  if (signal.aborted) session.close();
  // The engine attaches to one that has just ended too, and then stays silent for ever.
  const now = await ctx.engine.inspectContainer(engineId);
  if (now?.state === "running") return { session, tty, openStdin, stdinOnce };
  session.close();
  throw wrongState({ ...row, state: "exited" }, "attach");
}
