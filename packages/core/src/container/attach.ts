import { can } from "@hafen/contract";
import type { Session } from "@hafen/engine";
import type { HostCtx } from "../ctx.ts";
import { asProblem, onHost } from "./live.ts";
import { restoreNetwork } from "./network.ts";
import { wrongState } from "./request.ts";

export interface Attached {
  session: Session;
  tty: boolean;
  openStdin: boolean;
  stdinOnce: boolean;
}

export interface AttachOptions {
  backlog: boolean;
  /** It does not run yet: the streams are those of its next run. */
  start: boolean;
  signal: AbortSignal;
}

/** The streams of a container's own process. They are left when `signal` aborts; the process goes on. */
export async function attachContainer(
  ctx: HostCtx,
  id: string,
  { backlog, start, signal }: AttachOptions,
): Promise<Attached> {
  const row = await onHost(ctx, id);
  const { engineId } = row;
  const action = start ? "start" : "attach";
  if (!can(action, row.state) || engineId === null) throw wrongState(row, action);
  const { tty, openStdin, stdinOnce = false } = row.config;
  // A start that fails and is tried again lets the streams go.
  if (start) await restoreNetwork(ctx, row, engineId);
  const before = start ? (await ctx.engine.inspectContainer(engineId))?.startedAt : undefined;
  const session = await asProblem(row, action, () =>
    ctx.engine.attach(engineId, { tty, stdin: openStdin, backlog, signal }),
  );
  signal.addEventListener("abort", () => session.close(), { once: true });
  if (signal.aborted) session.close();
  if (start) return { session: ofNextRun(ctx, engineId, session, before), tty, openStdin, stdinOnce };
  // The engine attaches to one that has just ended too, and then stays silent for ever.
  const now = await ctx.engine.inspectContainer(engineId);
  if (now?.state === "running") return { session, tty, openStdin, stdinOnce };
  session.close();
  throw wrongState({ ...row, state: "exited" }, "attach");
}

/** A start that the engine refuses lets the streams go, too; the code that it then shows is not one of the run that may follow. */
function ofNextRun(ctx: HostCtx, engineId: string, session: Session, before: string | undefined): Session {
  return {
    ...session,
    async exitCode() {
      const code = await session.exitCode();
      const now = await ctx.engine.inspectContainer(engineId);
      return now?.startedAt === before ? undefined : code;
    },
  };
}
