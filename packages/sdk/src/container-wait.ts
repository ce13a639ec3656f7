import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { Deadline, pause } from "./deadline.ts";
import { HafenError } from "./error.ts";
import { backoffMs, mayHelp } from "./retry.ts";
import type { Transport } from "./transport.ts";
import type { WaitContainer, Waited } from "./wire.ts";

/** One request's share of a long wait: short enough for proxies that cut quiet connections. */
const SHARE_SECONDS = 30;
/** Rounds of attempts without an answer: time enough for a restart. */
const ROUNDS = 8;

export interface WaitOptions extends CallOptions {
  /** After these the answer says `settled: false`; default: as long as it takes. */
  timeoutSeconds?: number | undefined;
  /** `healthy`: until its health check has passed, or says that it never will, or the container has ended: see `health`. Default `ended`. */
  condition?: WaitContainer["condition"];
}

export async function waitForContainer(transport: Transport, ref: string, options: WaitOptions): Promise<Waited> {
  const path = address`/v1/containers/${ref}/wait`;
  const deadline = new Deadline(options.signal, options.timeoutMs);
  const endsAtMs = Date.now() + (options.timeoutSeconds ?? Infinity) * 1000;
  try {
    for (let quick = 0, failures = 0; ;) {
      const askedAtMs = Date.now();
      const timeoutSeconds = Math.max(0, Math.min(SHARE_SECONDS, (endsAtMs - askedAtMs) / 1000));
      let waited: Waited;
      try {
        waited = await transport.json<Waited>({
          method: "POST",
          path,
          json: { timeoutSeconds, condition: options.condition },
          safe: true,
          options: { signal: deadline.signal, timeoutMs: transport.timeoutMs + timeoutSeconds * 1000 },
        });
        failures = 0;
      } catch (error) {
        // A wait may last for days: it outlives a service that restarts, as a followed log does.
        failures += 1;
        if (!(error instanceof HafenError) || !mayHelp(error) || failures >= ROUNDS || Date.now() >= endsAtMs)
          throw error;
        await pause(backoffMs(failures), deadline);
        continue;
      }
      const nowMs = Date.now();
      if (waited.settled || nowMs >= endsAtMs) return waited;
      // A service that shuts down answers before its time; asking again at once would be a busy loop.
      quick = nowMs - askedAtMs < (timeoutSeconds * 1000) / 2 ? quick + 1 : 0;
      if (quick > 0) await pause(Math.min(backoffMs(quick), Math.max(0, endsAtMs - nowMs)), deadline);
    }
  } catch (error) {
    throw deadline.error ?? error;
  } finally {
    deadline.close();
  }
}
