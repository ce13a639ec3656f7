import { emitEntry, newBudget } from "./emit-entry.ts";
import { entryPath, type PathRules } from "./entry-path.ts";
import { InputError } from "./error.ts";
import { openCompressed } from "./open-compressed.ts";
import { packing, type Packing, type TarFacts } from "./packing.ts";
import { quoted } from "./quoted.ts";
import { readTar, type TarEntry } from "./read-tar.ts";
import { checkHardLink, claim, newTree, type Tree } from "./tree.ts";
import { IMAGE } from "./upload.ts";
import { END_OF_TAR, type WriteEntry } from "./write-tar.ts";

export interface ImageLimits {
  /** Of the unpacked upload, and of all layers unpacked. */
  maxBytes: number;
  maxEntries: number;
  maxPathBytes: number;
}

export interface RootfsFacts {
  entries: number;
  /** Device nodes, FIFOs and sockets left out, and hard links to them. */
  dropped: number;
}
export type RootfsSummary = RootfsFacts & TarFacts;

/**
 * Writes the tar of a root file system anew for `docker import`. Owners and modes stay, set-uid bits too, as containers run with
 * no-new-privileges; extended attributes go, and with them file capabilities.
 */
export function repackRootfs(body: AsyncIterable<Uint8Array>, limits: ImageLimits): Packing<RootfsSummary> {
  return packing(rootfsTar(readTar(openCompressed(body, { maxBytes: limits.maxBytes, upload: IMAGE }), IMAGE), limits));
}

export async function* rootfsTar(
  entries: AsyncIterable<TarEntry>,
  limits: ImageLimits,
): AsyncGenerator<Uint8Array, RootfsFacts> {
  const rules: PathRules = { maxPathBytes: limits.maxPathBytes, upload: IMAGE, absolute: "strip" };
  const tree = newTree(limits.maxEntries, IMAGE);
  const budget = newBudget(limits.maxBytes, IMAGE);
  let count = 0;
  let dropped = 0;
  for await (const entry of entries) {
    if (count + dropped >= limits.maxEntries) {
      throw new InputError(
        "context_too_large",
        `The image archive has more than the ${limits.maxEntries} entries allowed.`,
      );
    }
    const path = entryPath(entry.name, rules);
    if (path === "") continue;
    const written = checked(entry, path, tree, rules);
    if (written === undefined) dropped++;
    else {
      count++;
      yield* emitEntry(written, entry.body, budget);
    }
  }
  if (count === 0)
    throw new InputError(
      "archive_invalid",
      "The image archive has no files. Send the tar of a root file system, or of docker save.",
    );
  yield END_OF_TAR;
  return { entries: count, dropped };
}

/** What to write for an entry; undefined when it is left out. */
function checked(entry: TarEntry, path: string, tree: Tree, rules: PathRules): WriteEntry | undefined {
  const common = {
    name: path,
    mode: entry.mode & 0o7777,
    uid: entry.uid,
    gid: entry.gid,
    mtimeSeconds: entry.mtimeSeconds,
  };
  const refuse = (why: string): InputError => new InputError("archive_invalid", `Entry ${quoted(path)} ${why}.`);
  switch (entry.type) {
    case "file":
    case "directory":
      claim(tree, path, entry.type);
      return { ...common, type: entry.type, sizeBytes: entry.sizeBytes };
    case "symlink":
      if (entry.linkName === "" || entry.linkName.includes("\0")) throw refuse("is a symbolic link without a target");
      if (Buffer.byteLength(entry.linkName) > rules.maxPathBytes)
        throw refuse(`is a symbolic link to more than ${rules.maxPathBytes} bytes`);
      claim(tree, path, "symlink");
      return { ...common, type: "symlink", linkName: entry.linkName, sizeBytes: 0 };
    case "link": {
      const target = entryPath(entry.linkName, rules);
      const gone = tree.kinds.get(target) === "dropped";
      if (!gone) checkHardLink(tree, path, target);
      claim(tree, path, gone ? "dropped" : "file");
      return gone ? undefined : { ...common, type: "link", linkName: target, sizeBytes: 0 };
    }
    case "device":
    case "fifo":
      claim(tree, path, "dropped");
      return undefined;
    case "sparse":
      throw refuse("is stored as a sparse file. Pack without --sparse");
    default:
      throw refuse("is of an unknown kind. Pack with --format=ustar or --format=posix");
  }
}
