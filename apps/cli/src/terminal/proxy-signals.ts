import type { Container, Hafen } from "@hafen/sdk";
import type { Ctx } from "../ctx.ts";

const PROXIED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** What is sent to us goes to the container; Ctrl-C a second time stops it, a third time leaves it. Answers with the end of that. */
export function proxySignals(ctx: Ctx, client: Hafen, { id }: Container, leaving: AbortController): () => void {
  let interrupts = 0;
  // It may have ended meanwhile, and a signal that cannot be delivered is no reason to leave it.
  const quietly = (sent: Promise<unknown>) => void sent.catch(() => {});
  const releases = PROXIED.map((signal) =>
    ctx.onSignal(signal, () => {
      if (signal === "SIGINT") interrupts++;
      if (interrupts > 2) leaving.abort();
      else if (interrupts === 2) quietly(client.containers.stop(id));
      else quietly(client.containers.kill(id, { signal }));
    }),
  );
  return () => {
    for (const release of releases) release();
  };
}
