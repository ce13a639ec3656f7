import { setTimeout as delay } from "node:timers/promises";
import type { ExecStream } from "@hafen/contract";
import type { ExecSession, Session } from "@hafen/engine";
import type { HostCtx } from "../ctx.ts";
import { startExec, type ExecEnd } from "./start-exec.ts";

/** A command whose streams somebody holds. */
export interface OpenExec {
  session: Pick<ExecSession, "write" | "end" | "resize" | "signal">;
  tty: boolean;
  stdin: boolean;
  output: Session["output"];
  /** Once the output is over: how it ended. */
  ended(): Promise<ExecEnd>;
  /**
   * Its client has gone away, and nobody can come back to it. On a terminal it is hung up, as by a lost line: what wants to outlive
   * that can. Without one it is killed, with all it started.
   */
  hangUp(): Promise<void>;
  /** Its client leaves it running; a time limit still holds. */
  detach(): void;
}

const HANG_UP_MS = 5_000;
/** Enough to know the runtime's own message by. */
const HEARD_BYTES = 1_024;

export async function openExec(ctx: HostCtx, id: string, input: ExecStream): Promise<OpenExec> {
  const [tty, stdin] = [input.tty === "true", input.stdin === "true"];
  const running = await startExec(ctx, id, { ...input, tty, stdin, timeoutSeconds: input.timeoutSeconds });
  const { session } = running;
  let heard = "";
  async function* listened(): Session["output"] {
    for await (const piece of session.output) {
      if (heard.length < HEARD_BYTES) heard += Buffer.from(piece.data.subarray(0, HEARD_BYTES)).toString("latin1");
      yield piece;
    }
  }
  const output = listened();
  let left = false;
  return {
    session,
    tty,
    stdin,
    output,
    async ended() {
      const ended = await running.end(heard);
      // What it left running on purpose is not its client's any more.
      if (!left) running.close();
      left = true;
      return ended;
    },
    async hangUp() {
      if (left) return;
      left = true;
      try {
        if (tty && (await endsByHangUp(session))) return;
        await session.kill();
      } finally {
        running.close();
      }
    },
    detach() {
      if (left) return;
      left = true;
      if (!running.isLimited()) return running.close();
      void session
        .exitCode()
        .catch(() => {}) // its engine is gone; nothing is left to time
        .finally(() => running.close());
    },
  };
}

async function endsByHangUp(session: ExecSession): Promise<boolean> {
  await session.signal("SIGHUP");
  const waiting = new AbortController();
  const ended = session.exitCode().then(() => true);
  const late = delay(HANG_UP_MS, false, { signal: waiting.signal }).catch(() => false);
  return Promise.race([ended, late]).finally(() => waiting.abort());
}
