import { emitEntry, newBudget } from "./emit-entry.ts";
import { entryPath, leadsOutside, type PathRules } from "./entry-path.ts";
import { InputError } from "./error.ts";
import { openCompressed } from "./open-compressed.ts";
import { inChunks, type Packing } from "./packing.ts";
import { quoted } from "./quoted.ts";
import { readTar, type TarEntry } from "./read-tar.ts";
import { checkHardLink, claim, newTree, type Tree } from "./tree.ts";
import { FILES } from "./upload.ts";
import { END_OF_TAR, type WriteEntry } from "./write-tar.ts";

export interface FilesLimits {
  /** Of the unpacked upload. */
  maxBytes: number;
  maxEntries: number;
  maxPathBytes: number;
  /** The directory of the container that it is for. */
  destination: string;
  /** Throws for an entry, other than a directory or an empty file, that may not be there. */
  refuse?: (path: string) => void;
}

export interface FilesFacts {
  entries: number;
  /** Of all its files. */
  contentBytes: number;
}

/** What a user namespace of ours maps; the engine stops at any other. */
const MAX_OWNER = 65_535;

/** Writes a tar of files for a container anew, as it streams in: what it unpacks to is known before the engine sees an entry. */
export function repackFiles(body: AsyncIterable<Uint8Array>, limits: FilesLimits): Packing<FilesFacts> {
  return inChunks(filesTar(readTar(openCompressed(body, { maxBytes: limits.maxBytes, upload: FILES }), FILES), limits));
}

async function* filesTar(
  entries: AsyncIterable<TarEntry>,
  limits: FilesLimits,
): AsyncGenerator<Uint8Array, FilesFacts> {
  const rules: PathRules = { maxPathBytes: limits.maxPathBytes, upload: FILES, absolute: "refuse" };
  const tree = newTree(limits.maxEntries, FILES);
  const budget = newBudget(limits.maxBytes, FILES);
  // The engine takes no link that climbs out of the directory it unpacks into; out of the root there is no way to climb.
  const linksMayClimb = limits.destination.replaceAll("/", "") === "";
  let count = 0;
  for await (const entry of entries) {
    // Counted apart from the tree: a directory may repeat, a million times if nobody counts.
    if (++count > limits.maxEntries) {
      throw new InputError("tar_too_large", `The tar has more than the ${limits.maxEntries} entries allowed.`);
    }
    const path = entryPath(entry.name, rules);
    if (path === "" && entry.type === "directory") {
      count--; // the directory unpacked into is there, and stays as it is
      continue;
    }
    if (entry.type !== "directory" && (entry.type !== "file" || entry.sizeBytes > 0)) limits.refuse?.(path);
    yield* emitEntry(checked(entry, path, tree, rules, linksMayClimb), entry.body, budget);
  }
  yield END_OF_TAR;
  return { entries: count, contentBytes: budget.usedBytes };
}

function checked(entry: TarEntry, path: string, tree: Tree, rules: PathRules, linksMayClimb: boolean): WriteEntry {
  const refuse = (why: string): InputError => new InputError("tar_entry_refused", `Entry ${quoted(path)} ${why}.`);
  const common = {
    name: path,
    mode: entry.mode & 0o1777,
    uid: owner(entry.uid),
    gid: owner(entry.gid),
    mtimeSeconds: entry.mtimeSeconds,
  };
  if (path === "") throw refuse("is the directory that is unpacked into, but no directory");
  switch (entry.type) {
    case "file":
    case "directory":
      claim(tree, path, entry.type);
      return { ...common, type: entry.type, sizeBytes: entry.sizeBytes };
    case "symlink": {
      const { linkName } = entry;
      if (linkName === "" || linkName.includes("\0")) throw refuse("is a symbolic link without a target");
      if (Buffer.byteLength(linkName) > rules.maxPathBytes)
        throw refuse(`is a symbolic link to more than ${rules.maxPathBytes} bytes`);
      if (!linksMayClimb && !linkName.startsWith("/") && leadsOutside(path, linkName)) {
        throw refuse(
          `is a symbolic link to ${quoted(linkName)}, which climbs out of the directory that is unpacked into. Give it an absolute target`,
        );
      }
      claim(tree, path, "symlink");
      return { ...common, type: "symlink", linkName, sizeBytes: 0 };
    }
    case "link": {
      const target = linkTarget(entry, rules);
      checkHardLink(tree, path, target);
      claim(tree, path, "file");
      return { ...common, type: "link", linkName: target, sizeBytes: 0 };
    }
    case "sparse":
      throw refuse("is stored as a sparse file. Pack without --sparse");
    default:
      throw refuse(
        `is a ${entry.type === "unknown" ? "special file" : entry.type}. Only files, directories and links are taken`,
      );
  }
}

/** An owner that no container has becomes root: the container's own. */
function owner(id: number): number {
  return id <= MAX_OWNER ? id : 0;
}

function linkTarget(entry: TarEntry, rules: PathRules): string {
  try {
    return entryPath(entry.linkName, rules);
  } catch (cause) {
    const detail = `Entry ${quoted(entry.name)} is a hard link to ${quoted(entry.linkName)}, outside the tar. Send a copy instead.`;
    throw new InputError("tar_entry_refused", detail, { cause });
  }
}
