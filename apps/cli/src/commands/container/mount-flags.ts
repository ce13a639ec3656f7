import type { MountRequest } from "@hafen/sdk";
import { UsageError } from "../../failures.ts";
import { memoryBytes } from "../../format/quantities.ts";

/** `/path` is an anonymous volume; `name:/path[:ro]` a named one. A directory of the caller's machine is neither. */
export function mountOf(text: string): MountRequest {
  const parts = text.split(":");
  if (parts.length === 1) return { type: "volume", target: absolute(text) };
  const [source = "", target = "", mode = "rw", ...more] = parts;
  if (/^[/.~]/.test(source))
    throw new UsageError("a directory of this machine cannot be mounted; name a volume, and fill it with hafen cp");
  if (more.length > 0 || !["ro", "rw"].includes(mode)) throw new UsageError("[NAME:]PATH[:ro|rw]");
  return { type: "volume", source, target: absolute(target), ...(mode === "ro" ? { readOnly: true } : {}) };
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

function absolute(path: string): string {
  if (!path.startsWith("/"))
    throw new UsageError(`the path in the container must be absolute, not ${path === "" ? "empty" : path}`);
  return path;
}
