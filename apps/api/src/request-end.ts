import type { Context } from "hono";
import type { AppEnv } from "./deps.ts";

/** Acts once the request is over, however it ended: answered to the last byte, or broken off. For an upgrade that is when its socket closes. */
export function atRequestEnd(c: Context<AppEnv>, act: () => void): void {
  const { outgoing } = c.env;
  const { signal } = c.req.raw;
  if (outgoing ? outgoing.destroyed : signal.aborted) return act();
  if (outgoing) outgoing.once("close", act);
  else signal.addEventListener("abort", act, { once: true });
}
