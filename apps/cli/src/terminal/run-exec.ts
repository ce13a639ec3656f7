import { HafenError, type ExecStream, type ExecStreamRequest, type Hafen } from "@hafen/sdk";
import type { Ctx } from "../ctx.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import type { Piece } from "../result.ts";
import { onScreen } from "./screen.ts";
import { typeInto } from "./type-into.ts";

const PROXIED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** A command in a container with our streams as its own, to its end. */
export async function* runExec(
  ctx: Ctx,
  client: Hafen,
  ref: string,
  request: ExecStreamRequest,
): AsyncGenerator<Piece, number> {
  const { tty = false, stdin = false } = request;
  const exec = await client.containers.execStream(ref, request);
  const leave = () => exec.detach();
  const typing = stdin ? typeInto(exec, ctx, { tty, leave }) : undefined;
  const raw = tty && stdin && ctx.stdin.isTTY;
  const signals = raw ? undefined : proxySignals(ctx, exec);
  const release = tty ? onScreen(ctx, exec, { raw: stdin }) : () => {};
  try {
    for await (const { stream, data } of exec.output) yield { to: stream, data };
    if (typing?.detached()) return EXIT_CODES.ok;
    const { exitCode, timedOut } = await exec.ended;
    if (timedOut) yield { to: "stderr", data: "hafen: ended at its time limit\n" };
    return exitCode ?? (timedOut ? EXIT_CODES.timedOut : EXIT_CODES.failed);
  } catch (error) {
    if (signals?.left()) return EXIT_CODES.interrupted;
    throw error;
  } finally {
    signals?.release();
    release();
    typing?.stop();
    exec.close();
  }
}

/** What is sent to us goes to the command; Ctrl-C a second time leaves it, which ends it and all it started. */
function proxySignals(ctx: Ctx, exec: ExecStream): { left: () => boolean; release: () => void } {
  let interrupts = 0;
  let left = false;
  const releases = PROXIED.map((signal) =>
    ctx.onSignal(signal, () => {
      if (signal === "SIGINT") interrupts++;
      if (interrupts > 1) {
        left = true;
        return exec.close();
      }
      try {
        exec.signal(signal);
      } catch (error) {
        if (!(error instanceof HafenError)) throw error; // its connection is gone, which its output tells
      }
    }),
  );
  return { left: () => left, release: () => releases.forEach((release) => release()) };
}
