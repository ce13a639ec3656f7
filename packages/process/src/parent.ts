import type { Shutdown } from "./shutdown.ts";

/**
 * Ends the process in order when the one that started it is gone, kill -9 included: the parent holds the other end of our standard input,
 * and the kernel closes it. For a supervisor that must leave no orphans; under systemd it is not used.
 */
export function endWithParent(shutdown: Shutdown): void {
  process.stdin.on("end", () => void shutdown.run("the parent is gone").then(() => process.exit()));
  process.stdin.on("error", () => {});
  process.stdin.resume();
}
