import { setTimeout as delay } from "node:timers/promises";
import { ProblemError } from "@hafen/contract";

const ASK_MS = 2_000;

/** The database's answer to a first question. One that hangs must not hold whoever asks: what waits for it has done nothing yet. */
export async function answered<T>(asking: Promise<T>): Promise<T> {
  asking.catch(() => {}); // may fail after we stopped waiting
  const over = new AbortController();
  const late = delay(ASK_MS, undefined, { signal: over.signal }).then(() => {
    throw new ProblemError("unavailable", "The database does not answer. Nothing was done; try again soon.");
  });
  late.catch(() => {}); // its end is the answer
  try {
    return await Promise.race([asking, late]);
  } finally {
    over.abort();
  }
}
