import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";

/** The network namespace of an engine that Hafen has set up; undefined for any other. */
export function namespaceOf(engine: string): string | undefined {
  const name = `hafen-${basename(dirname(engine))}`;
  return existsSync(`/run/netns/${name}`) ? name : undefined;
}

/**
 * Put before a program and its arguments, runs it where this engine's own requests come from: 127.0.0.1 there is no other than the
 * engine's. It ends with us, however we end.
 */
export function insideOf(engine: string): string[] {
  const namespace = namespaceOf(engine);
  const enter = namespace === undefined ? [] : ["nsenter", `--net=/run/netns/${namespace}`, "--"];
  return ["setpriv", "--pdeathsig", "KILL", ...enter];
}
