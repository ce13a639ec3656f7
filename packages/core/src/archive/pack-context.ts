import { entryPath } from "./entry-path.ts";
import { packing, type Packing } from "./packing.ts";
import type { TarEntry } from "./read-tar.ts";
import { contextTar, type ContextLimits, type ContextSummary } from "./repack-context.ts";
import { CONTEXT } from "./upload.ts";

/** 2000-01-01: the same files make the same tar, and zip tools inside builds refuse times before 1980. */
const MTIME_SECONDS = 946_684_800;

/** A build context from files sent inline, under the rules of an uploaded one. A file that starts with `#!` is executable. */
export function packContext(
  files: Readonly<Record<string, Uint8Array>>,
  limits: ContextLimits,
): Packing<ContextSummary> {
  return packing(contextTar(inlineEntries(files, limits), limits));
}

async function* inlineEntries(
  files: Readonly<Record<string, Uint8Array>>,
  limits: ContextLimits,
): AsyncGenerator<TarEntry> {
  const made = new Set<string>();
  const rules = { maxPathBytes: limits.maxPathBytes, upload: CONTEXT, absolute: "refuse" } as const;
  const sorted = Object.entries(files).map(([name, bytes]) => ({ path: entryPath(name, rules), bytes }));
  sorted.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  for (const { path, bytes } of sorted) {
    for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
      const directory = path.slice(0, slash);
      if (made.has(directory)) continue;
      made.add(directory);
      yield { ...inline(directory), type: "directory", mode: 0o755 };
    }
    const script = bytes[0] === 0x23 && bytes[1] === 0x21;
    yield { ...inline(path), type: "file", mode: script ? 0o755 : 0o644, sizeBytes: bytes.length, body: once(bytes) };
  }
}

function inline(name: string): Omit<TarEntry, "type" | "mode"> {
  return { name, linkName: "", sizeBytes: 0, uid: 0, gid: 0, mtimeSeconds: MTIME_SECONDS, body: once() };
}

async function* once(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
