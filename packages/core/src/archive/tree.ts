import { InputError } from "./error.ts";
import { quoted } from "./quoted.ts";
import type { Upload } from "./upload.ts";

/** What an archive has named so far. Memory is bounded: entries with the directories they imply, and the bytes of their names. */
export interface Tree {
  kinds: Map<string, Kind>;
  nameBytes: number;
  maxEntries: number;
  upload: Upload;
}
export type Kind = "directory" | "file" | "symlink" | "dropped";

const MAX_NAME_BYTES = 64 * 1024 * 1024;

export function newTree(maxEntries: number, upload: Upload): Tree {
  return { kinds: new Map(), nameBytes: 0, maxEntries, upload };
}

/** Takes a path for an entry. Refuses what two tar readers could unpack differently: duplicates, and children of links or files. */
export function claim(tree: Tree, path: string, kind: Kind): void {
  const before = tree.kinds.get(path);
  if (before === "directory" && kind === "directory") return;
  if (before !== undefined) {
    throw new InputError(
      tree.upload.refused,
      `Entry ${quoted(path)} comes twice, as ${before} and as ${kind}. Pack the archive afresh instead of appending.`,
    );
  }
  for (let parent = parentOf(path); parent !== ""; parent = parentOf(parent)) {
    const above = tree.kinds.get(parent);
    if (above === "directory") break;
    if (above !== undefined) {
      throw new InputError(
        tree.upload.refused,
        `Entry ${quoted(path)} lies below ${quoted(parent)}, which is a ${above} in this archive. Put it below the real directory.`,
      );
    }
    remember(tree, parent, "directory");
  }
  remember(tree, path, kind);
}

/** A hard link must name a file that this archive has brought already; anything else would link to what it does not own. */
export function checkHardLink(tree: Tree, path: string, target: string): void {
  if (tree.kinds.get(target) === "file") return;
  throw new InputError(
    tree.upload.refused,
    `Entry ${quoted(path)} is a hard link to ${quoted(target)}, which is no earlier file of this archive. Send a copy instead.`,
  );
}

function remember(tree: Tree, path: string, kind: Kind): void {
  tree.kinds.set(path, kind);
  tree.nameBytes += path.length;
  if (tree.kinds.size > tree.maxEntries || tree.nameBytes > MAX_NAME_BYTES) {
    throw new InputError(
      tree.upload.tooLarge,
      `The ${tree.upload.noun} has more than the ${tree.maxEntries} entries allowed. Leave out what is not needed.`,
    );
  }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "" : path.slice(0, slash);
}
