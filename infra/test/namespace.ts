import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";

/**
 * Put before a program and its arguments, runs it where this engine's own requests come from: 127.0.0.1 there is no other than the
 * engine's. It ends with us, however we end.
 */
export function insideOf(engine: string): string[] {
  const namespace = `/run/netns/hafen-${basename(dirname(engine))}`;
  const enter = existsSync(namespace) ? ["nsenter", `--net=${namespace}`, "--"] : [];
  return ["setpriv", "--pdeathsig", "KILL", ...enter];
}
