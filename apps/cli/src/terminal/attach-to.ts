import type { Attachment, Container, Hafen } from "@hafen/sdk";
import type { Ctx } from "../ctx.ts";
import { inert } from "../format/inert.ts";
import type { Piece } from "../result.ts";
import { onScreen } from "./screen.ts";
import { typeInto } from "./type-into.ts";

export interface AttachToOptions {
  /** Give it our standard input. */
  input: boolean;
  /** It does not run: start it, with our streams attached first. */
  start: boolean;
  signal: AbortSignal;
}

export type AttachEnd = Awaited<Attachment["ended"]>;

/** A container's streams on ours, until they end. Answers how it ended, or nothing when its reader left with Ctrl-P Ctrl-Q. */
export async function* attachTo(
  ctx: Ctx,
  client: Hafen,
  { id, tty }: Container,
  { input, start, signal }: AttachToOptions,
): AsyncGenerator<Piece, AttachEnd | undefined> {
  const attachment = await client.containers.attach(id, { start, signal });
  const leave = () => attachment.close();
  const typing = input ? typeInto(attachment, ctx, { tty, leave }) : undefined;
  const release = tty ? onScreen(ctx, attachment, { raw: input }) : () => {};
  try {
    for await (const { stream, data } of attachment.output) yield { to: stream, data };
    if (typing?.detached()) return undefined;
    const end = await attachment.ended;
    if (isWorthTelling(end)) yield { to: "stderr", data: `hafen: ${inert(end.termination?.detail ?? "")}\n` };
    return end;
  } finally {
    release();
    typing?.stop();
    attachment.close();
  }
}

/** An end that it did not bring about by itself and nobody asked for. */
function isWorthTelling({ termination }: AttachEnd): boolean {
  return termination !== null && !["completed", "error", "signal", "stopped"].includes(termination.cause);
}
