import { HafenError, type Container, type Hafen } from "@hafen/sdk";
import type { Ctx } from "../ctx.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import type { Piece } from "../result.ts";
import { attachTo } from "./attach-to.ts";
import { proxySignals } from "./proxy-signals.ts";

export interface FollowOptions {
  /** Give it our standard input. */
  input: boolean;
  /** Ctrl-C is the container's. */
  proxySignals: boolean;
  /** Leave out what it printed before. */
  fromNow?: boolean;
}

export interface Followed {
  exitCode: number;
  /** Its reader went away; it runs on. */
  left: boolean;
}

/**
 * A container's output until it ends. Where nobody types, from its log, which has every line once over any broken connection;
 * where somebody does, from its streams.
 */
export async function* follow(
  ctx: Ctx,
  client: Hafen,
  container: Container,
  options: FollowOptions,
): AsyncGenerator<Piece, Followed> {
  const leaving = new AbortController();
  const raw = options.input && container.tty && ctx.stdin.isTTY;
  const release = options.proxySignals && !raw ? proxySignals(ctx, client, container, leaving) : () => {};
  try {
    const live = options.input || container.tty;
    if (live && container.state === "running") {
      const detached = yield* attachOrNot(ctx, client, container, options, leaving.signal);
      if (detached === true) return { exitCode: EXIT_CODES.ok, left: true };
      if (detached === undefined) yield* logged(client, container, options, leaving.signal);
    } else yield* logged(client, container, options, leaving.signal);
    const { exitCode } = await client.containers.wait(container.id, { signal: leaving.signal });
    return { exitCode: exitCode ?? EXIT_CODES.failed, left: false };
  } catch (error) {
    if (leaving.signal.aborted) return { exitCode: EXIT_CODES.interrupted, left: true };
    throw error;
  } finally {
    release();
  }
}

/** Whether its reader detached; undefined when it had ended before there was anything to attach to. */
async function* attachOrNot(
  ctx: Ctx,
  client: Hafen,
  container: Container,
  { input, fromNow }: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<Piece, boolean | undefined> {
  try {
    return yield* attachTo(ctx, client, container, { input, backlog: !fromNow, signal });
  } catch (error) {
    if (error instanceof HafenError && error.code === "container_wrong_state") return undefined;
    throw error;
  }
}

async function* logged(
  client: Hafen,
  { id }: Container,
  { fromNow }: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<Piece, void> {
  const lines = client.containers.logs(id, { follow: true, signal, tail: fromNow ? 0 : undefined });
  for await (const { stream, text } of lines) yield { to: stream, data: `${text}\n` };
}
