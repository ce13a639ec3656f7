import type { Attachment, Container, Hafen } from "@hafen/sdk";
import type { Ctx } from "../ctx.ts";
import type { Piece } from "../result.ts";
import { DetachKeys } from "./detach-keys.ts";

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
  const raw = input && tty && ctx.stdin.isTTY;
  const resize = () => attachment.resize(ctx.stdout.columns, ctx.stdout.rows);
  const typing = input ? typeInto(attachment, ctx, tty) : undefined;
  try {
    if (raw) ctx.stdin.setRawMode(true);
    if (tty && ctx.stdout.isTTY) {
      resize();
      ctx.stdout.on("resize", resize);
    }
    for await (const { stream, data } of attachment.output) yield { to: stream, data };
    return typing?.detached() ?? false;
  } finally {
    ctx.stdout.off("resize", resize);
    typing?.stop();
    if (raw) ctx.stdin.setRawMode(false);
    attachment.close();
  }
}

/** Carries what is typed, no faster than it is taken. */
function typeInto(attachment: Attachment, { stdin }: Ctx, tty: boolean) {
  const keys = new DetachKeys();
  let detached = false;
  let sent = Promise.resolve();
  // Once the connection is gone, whoever reads the output learns why.
  const send = (act: () => unknown) =>
    (sent = sent.then(act).then(
      () => {},
      () => {},
    ));
  const onData = (chunk: Buffer) => {
    const { pass, detach } = tty ? keys.take(chunk) : { pass: chunk, detach: false };
    stdin.pause();
    void send(() => attachment.write(pass)).then(() => {
      if (!detach) return stdin.resume();
      detached = true;
      return attachment.close();
    });
  };
  const onEnd = () => void send(() => attachment.end());
  stdin.on("data", onData);
  stdin.on("end", onEnd);
  return {
    detached: () => detached,
    stop() {
      stdin.off("data", onData);
      stdin.off("end", onEnd);
      stdin.pause();
    },
  };
}
