import type { Exec, ExecEnded } from "@hafen/contract";
import type { ExecSession, ExecSpec } from "@hafen/engine";
import type { HostCtx } from "../ctx.ts";
import { asProblem, onHost } from "./live.ts";
import { refuseOtherUser } from "./restricted-user.ts";
import { wrongState } from "./request.ts";

export type ExecEnd = Omit<ExecEnded, "type">;

/** A command that runs in a container of this host, perhaps against the clock. */
export interface StartedExec {
  session: ExecSession;
  /** Once its output is over: how it ended and what it used. `heard`: how its output began. */
  end(heard: string): Promise<ExecEnd>;
  /** Whether its time limit is still to come. */
  isLimited(): boolean;
  /** Lets go of it; it runs on if it still does. */
  close(): void;
}

export type ExecInput = Pick<Exec, "command" | "env" | "workingDir" | "user"> &
  Pick<ExecSpec, "tty" | "stdin"> & { timeoutSeconds: number | undefined };

export async function startExec(ctx: HostCtx, id: string, input: ExecInput): Promise<StartedExec> {
  const { command, env = {}, workingDir, user, tty, stdin, timeoutSeconds } = input;
  const row = await onHost(ctx, id);
  const { engineId } = row;
  if (row.state !== "running" || engineId === null) throw wrongState(row, "exec");
  refuseOtherUser(row.config.profile, user);
  const began = performance.now();
  const session = await asProblem(row, "exec", () =>
    ctx.engine.exec(engineId, {
      command,
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      workingDir,
      user: row.config.profile === "restricted" ? undefined : user,
      tty,
      stdin,
    }),
  );
  let timedOut = false;
  const timeOut = () => {
    timedOut = true;
    session.kill().catch(() => session.close());
  };
  const timer = timeoutSeconds === undefined ? undefined : setTimeout(timeOut, timeoutSeconds * 1000);
  return {
    session,
    isLimited: () => timer !== undefined && !timedOut,
    async end(heard) {
      const exitCode = asShell((await session.exitCode()) ?? null, heard);
      const durationMs = performance.now() - began;
      const { cpuMs = null, peakMemoryBytes = null, oomKilled = null } = (await session.account()) ?? {};
      return { exitCode: timedOut ? null : exitCode, timedOut, durationMs, cpuMs, peakMemoryBytes, oomKilled };
    },
    close() {
      clearTimeout(timer);
      session.close();
    },
  };
}

/** Engines before 23 answer 126 also for a command that is not there; their message tells the two apart. */
function asShell(exitCode: number | null, heard: string): number | null {
  const notThere = /^OCI runtime exec failed: .*exec: "[^"]*": (executable file not found|stat [^:]*: no such file)/;
  return exitCode === 126 && notThere.test(heard) ? 127 : exitCode;
}
