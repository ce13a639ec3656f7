import type { MountRequest } from "@hafen/sdk";
import { UsageError } from "../../failures.ts";
import { memoryBytes } from "../../format/quantities.ts";

/** What docker also takes after a second colon, and why it is not taken here. */
const REFUSED: Record<string, string> = {
  z: "the service sets SELinux labels itself; leave it out",
  Z: "the service sets SELinux labels itself; leave it out",
  nocopy: "an empty volume is filled from the image, and a path never is; leave it out",
  cached: "there is nothing to cache; leave it out",
  delegated: "there is nothing to cache; leave it out",
  consistent: "there is nothing to cache; leave it out",
};
const PROPAGATION = /^r?(shared|slave|private)$/;

/** `/path` is an anonymous volume, `name:/path` a named one, `@owner/name:/path` another user's, `/path:/path` one of the virtual host tree; then perhaps `:ro`. */
export function mountOf(text: string): MountRequest {
  const parts = text.split(":");
  if (parts.length === 1) return { type: "volume", target: absolute(text) };
  const [source = "", target = "", options = "rw", ...more] = parts;
  if (more.length > 0) throw new UsageError("[NAME|/PATH:]PATH[:ro|rw]");
  return sourced(source, target, isReadOnly(options.split(",")));
}

export function sourced(source: string, target: string, readOnly: boolean): MountRequest {
  const common = { source, target: absolute(target), ...(readOnly ? { readOnly } : {}) };
  if (source.startsWith("/")) return { type: "host", ...common };
  // Another user's, that they grant.
  if (/^@[^/]+\/./.test(source)) return { type: "volume", ...common };
  if (/^[.~]/.test(source) || source.includes("/") || source === "") throw notOfThisMachine(source);
  return { type: "volume", ...common };
}

/** Of several words the last that says so counts, as in docker. */
function isReadOnly(words: string[]): boolean {
  let readOnly = false;
  for (const word of words) {
    if (word === "ro" || word === "rw") readOnly = word === "ro";
    else throw new UsageError(`${word} is not supported: ${whyNot(word)}`);
  }
  return readOnly;
}

function whyNot(word: string): string {
  if (PROPAGATION.test(word)) return "mounts in a container stay its own; leave it out";
  return REFUSED[word] ?? "ro or rw";
}

function notOfThisMachine(source: string): UsageError {
  return new UsageError(
    `${source === "" ? "an empty source" : source} is neither a volume's name nor an absolute path. A directory of this machine cannot be mounted: fill a volume with hafen cp or hafen volume cp`,
  );
}

export function tmpfsOf(text: string): MountRequest {
  const [target = "", options = ""] = text.split(":", 2);
  let sizeBytes: number | undefined;
  for (const option of options.split(",").filter((each) => each !== "")) {
    const size = /^size=(.+)$/.exec(option)?.[1];
    if (size === undefined) throw new UsageError(`the one option there is, is size; not ${option}`);
    sizeBytes = memoryBytes(size);
  }
  return { type: "tmpfs", target: absolute(target), ...(sizeBytes === undefined ? {} : { sizeBytes }) };
}

export function absolute(path: string): string {
  if (!path.startsWith("/"))
    throw new UsageError(`the path in the container must be absolute, not ${path === "" ? "empty" : path}`);
  return path;
}
