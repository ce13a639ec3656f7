import type { Container, Hafen } from "@hafen/sdk";
import type { Ctx } from "../ctx.ts";
import type { Piece } from "../result.ts";
import { onScreen } from "./screen.ts";
import { typeInto } from "./type-into.ts";

export interface AttachToOptions {
  input: boolean;
  backlog: boolean;
  signal: AbortSignal;
}

/** A container's streams on ours, until they end. Answers whether its reader left with Ctrl-P Ctrl-Q. */
export async function* attachTo(
  ctx: Ctx,
  client: Hafen,
  { id, tty }: Container,
  { input, backlog, signal }: AttachToOptions,
): AsyncGenerator<Piece, boolean> {
  const attachment = await client.containers.attach(id, { backlog, signal });
  const leave = () => attachment.close();
  const typing = input ? typeInto(attachment, ctx, { tty, leave }) : undefined;
  const release = tty ? onScreen(ctx, attachment, { raw: input }) : () => {};
  try {
    for await (const { stream, data } of attachment.output) yield { to: stream, data };
    return typing?.detached() ?? false;
  } finally {
    release();
    typing?.stop();
    attachment.close();
  }
}
