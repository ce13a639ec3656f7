import { errorFields, type Log } from "./log.ts";

export interface Shutdown {
  /** Registers what to close; closed in the reverse order of opening. */
  add(name: string, close: () => Promise<void> | void): void;
  /** Closes everything once; later calls wait for the first. */
  run(reason: string): Promise<void>;
}

/** How long one part may take to close before the next is closed all the same. */
const PART_MS = 20_000;

/** Who ends a process may send it two signals for one, as a terminal and a supervisor do. */
const SAME_MS = 1_000;

/** Closes a process in order on SIGTERM or SIGINT; a second signal ends it at once. A part that fails does not keep the others open. */
export function onShutdown(log: Log): Shutdown {
  const parts: { name: string; close: () => Promise<void> | void }[] = [];
  let running: Promise<void> | undefined;

  async function closeAll(reason: string): Promise<void> {
    log.info({ reason }, "stopping");
    for (const { name, close } of parts.toReversed()) {
      try {
        await withDeadline(Promise.resolve(close()), name);
      } catch (error) {
        log.error({ part: name, ...errorFields(error) }, "could not close");
        process.exitCode = 1;
      }
    }
    log.info("stopped");
  }
  const run = (reason: string) => (running ??= closeAll(reason));
  let signalledAt: number | undefined;

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (signalledAt !== undefined && performance.now() - signalledAt > SAME_MS) process.exit(1);
      signalledAt ??= performance.now();
      void run(signal).then(() => process.exit());
    });
  }
  return { add: (name, close) => void parts.push({ name, close }), run };
}

async function withDeadline(work: Promise<void>, name: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not close within ${PART_MS} ms`)), PART_MS);
  });
  try {
    await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
