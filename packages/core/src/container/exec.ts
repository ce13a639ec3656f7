import type { Exec, ExecResult } from "@hafen/contract";
import type { Session } from "@hafen/engine";
import type { HostCtx } from "../ctx.ts";
import { startExec } from "./start-exec.ts";

const MAX_OUTPUT_BYTES = 1024 * 1024;
const DEFAULT_EXEC_SECONDS = 60;

/** Runs a command to its end or its time limit, at which its process and all that it started are killed. */
export async function execContainer(ctx: HostCtx, id: string, input: Exec, signal: AbortSignal): Promise<ExecResult> {
  const { timeoutSeconds = DEFAULT_EXEC_SECONDS, stdin } = input;
  const running = await startExec(ctx, id, { ...input, tty: false, stdin: stdin !== undefined, timeoutSeconds });
  const { session } = running;
  const stop = () => void session.kill().catch(() => session.close());
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    const feeding = feed(session, stdin);
    const output = await collect(session);
    await feeding;
    return { ...output, ...(await running.end(output.stdout)) };
  } finally {
    signal.removeEventListener("abort", stop);
    running.close();
  }
}

/** A command that ends without reading its input is no error. */
async function feed(session: Session, stdin: string | undefined): Promise<void> {
  if (stdin === undefined) return;
  await session.write(Buffer.from(stdin)).catch(() => {});
  session.end();
}

async function collect(session: Session): Promise<{ stdout: string; stderr: string; truncated: boolean }> {
  const kept = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const bytes = { stdout: 0, stderr: 0 };
  let truncated = false;
  for await (const { stream, data } of session.output) {
    const room = MAX_OUTPUT_BYTES - bytes[stream];
    if (data.length > room) truncated = true;
    if (room <= 0) continue;
    kept[stream].push(data.subarray(0, room));
    bytes[stream] += Math.min(data.length, room);
  }
  return { stdout: Buffer.concat(kept.stdout).toString(), stderr: Buffer.concat(kept.stderr).toString(), truncated };
}
