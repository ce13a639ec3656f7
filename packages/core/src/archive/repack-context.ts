import { emitEntry, newBudget } from "./emit-entry.ts";
import { entryPath, leadsOutside, type PathRules } from "./entry-path.ts";
import { InputError } from "./error.ts";
import { openCompressed } from "./open-compressed.ts";
import { packing, type Packing, type TarFacts } from "./packing.ts";
import { quoted } from "./quoted.ts";
import { readDockerfileText } from "./read-dockerfile-text.ts";
import { readTar, type TarEntry } from "./read-tar.ts";
import { checkHardLink, claim, newTree, type Tree } from "./tree.ts";
import { CONTEXT } from "./upload.ts";
import { END_OF_TAR, type WriteEntry } from "./write-tar.ts";

export interface ContextLimits {
  /** Of the unpacked upload. */
  maxBytes: number;
  maxEntries: number;
  maxPathBytes: number;
  /** Path of the Dockerfile inside the context. */
  dockerfile: string;
  maxDockerfileBytes: number;
}

export interface ContextFacts {
  /** Entries of the tar we wrote. */
  entries: number;
  /** The Dockerfile's text, without byte order mark. */
  dockerfile: string;
}
export type ContextSummary = ContextFacts & TarFacts;

/**
 * Writes an uploaded build context (tar, plain or compressed) anew, as it streams in. `.dockerignore` is not applied: the client
 * does that, as docker's own does, and an entry seen before the file that excludes it could not be taken back.
 */
export function repackContext(body: AsyncIterable<Uint8Array>, limits: ContextLimits): Packing<ContextSummary> {
  return packing(contextTar(readTar(openCompressed(body, { maxBytes: limits.maxBytes }), CONTEXT), limits));
}

/** The same for entries from anywhere. */
export async function* contextTar(
  entries: AsyncIterable<TarEntry>,
  limits: ContextLimits,
): AsyncGenerator<Uint8Array, ContextFacts> {
  const rules: PathRules = { maxPathBytes: limits.maxPathBytes, upload: CONTEXT, absolute: "refuse" };
  const wanted = dockerfilePath(limits.dockerfile, rules);
  const tree = newTree(limits.maxEntries, CONTEXT);
  const budget = newBudget(limits.maxBytes, CONTEXT);
  let dockerfile: string | undefined;
  let count = 0;
  for await (const entry of entries) {
    // Counted apart from the tree: a directory may repeat, a million times if nobody counts.
    if (++count > limits.maxEntries) throw tooMany(limits.maxEntries);
    const path = entryPath(entry.name, rules);
    if (path === wanted) refuseOddDockerfile(entry, path);
    if (path === "" && entry.type === "directory") {
      count--;
      continue;
    }
    const written = checked(entry, path, tree, rules);
    if (path === wanted) {
      const read = await readDockerfileText(entry, limits.maxDockerfileBytes);
      dockerfile = read.text;
      yield* emitEntry(written, read.body, budget);
    } else yield* emitEntry(written, entry.body, budget);
  }
  if (dockerfile === undefined) {
    throw new InputError(
      "dockerfile_missing",
      `The build context has no ${quoted(wanted)}. Add it, or name another with the dockerfile parameter.`,
    );
  }
  yield END_OF_TAR;
  return { entries: count, dockerfile };
}

function checked(entry: TarEntry, path: string, tree: Tree, rules: PathRules): WriteEntry {
  const refuse = (why: string): InputError => new InputError("context_entry_refused", `Entry ${quoted(path)} ${why}.`);
  // Who runs the build owns what it copies, so owners mean nothing here, and a set-uid bit would be somebody's else.
  const common = { name: path, mode: entry.mode & 0o1777, uid: 0, gid: 0, mtimeSeconds: entry.mtimeSeconds };
  if (path === "") throw refuse("is the context's root, but no directory");
  switch (entry.type) {
    case "file":
    case "directory":
      claim(tree, path, entry.type);
      return { ...common, type: entry.type, sizeBytes: entry.sizeBytes };
    case "symlink":
      if (entry.linkName === "" || entry.linkName.includes("\0")) throw refuse("is a symbolic link without a target");
      if (Buffer.byteLength(entry.linkName) > rules.maxPathBytes)
        throw refuse(`is a symbolic link to more than ${rules.maxPathBytes} bytes`);
      if (leadsOutside(path, entry.linkName)) {
        throw refuse(
          `is a symbolic link to ${quoted(entry.linkName)}, outside the context. Exclude it, or make it with RUN ln -s`,
        );
      }
      claim(tree, path, "symlink");
      return { ...common, type: "symlink", linkName: entry.linkName, sizeBytes: 0 };
    case "link": {
      const target = linkTarget(entry, rules);
      checkHardLink(tree, path, target);
      claim(tree, path, "file");
      return { ...common, type: "link", linkName: target, sizeBytes: 0 };
    }
    default:
      throw refuse(
        `is a ${entry.type === "unknown" ? "special file" : `${entry.type} file`}. Only files, directories and links are taken`,
      );
  }
}

function linkTarget(entry: TarEntry, rules: PathRules): string {
  try {
    return entryPath(entry.linkName, rules);
  } catch (cause) {
    const detail = `Entry ${quoted(entry.name)} is a hard link to ${quoted(entry.linkName)}, outside the context. Send a copy instead.`;
    throw new InputError("context_entry_refused", detail, { cause });
  }
}

function dockerfilePath(name: string, rules: PathRules): string {
  try {
    return entryPath(name, rules);
  } catch (cause) {
    throw new InputError(
      "dockerfile_missing",
      `${quoted(name)} is no path inside the build context. Name the Dockerfile relative to its root.`,
      { cause },
    );
  }
}

function refuseOddDockerfile(entry: TarEntry, path: string): void {
  if (entry.type === "file") return;
  throw new InputError(
    "dockerfile_invalid",
    `${quoted(path)} is a ${entry.type}. The Dockerfile must be a regular file.`,
  );
}

function tooMany(maxEntries: number): InputError {
  return new InputError(
    "context_too_large",
    `The build context has more than the ${maxEntries} entries allowed. Leave out what is not needed.`,
  );
}
