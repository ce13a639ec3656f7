import type { Container, Hafen } from "@hafen/sdk";
import type { Ctx } from "../ctx.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import type { Piece } from "../result.ts";
import { attachTo, type AttachToOptions } from "./attach-to.ts";
import { proxySignals } from "./proxy-signals.ts";

export interface Followed {
  exitCode: number;
  /** Its reader went away; it runs on. */
  left: boolean;
}

/** A container's streams until it ends; Ctrl-C is the container's. */
export async function* follow(
  ctx: Ctx,
  client: Hafen,
  container: Container,
  options: Omit<AttachToOptions, "signal">,
): AsyncGenerator<Piece, Followed> {
  const leaving = new AbortController();
  const raw = options.input && container.tty && ctx.stdin.isTTY;
  const release = raw ? () => {} : proxySignals(ctx, client, container, leaving);
  const { signal } = leaving;
  try {
    const end = yield* attachTo(ctx, client, container, { ...options, signal });
    if (end === undefined) return { exitCode: EXIT_CODES.ok, left: true };
    // Without a code it has only closed its output, and goes on.
    const { exitCode } = end.exitCode === null ? await client.containers.wait(container.id, { signal }) : end;
    return { exitCode: exitCode ?? EXIT_CODES.failed, left: false };
  } catch (error) {
    if (signal.aborted) return { exitCode: EXIT_CODES.interrupted, left: true };
    throw error;
  } finally {
    release();
  }
}
