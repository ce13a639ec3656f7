import { HafenError } from "@hafen/sdk";
import { extract, type Header } from "tar-stream";
import type { Remote } from "./remote.ts";

export interface Peeked {
  first: Header | undefined;
  /** All of it, the beginning again. */
  whole: AsyncIterable<Uint8Array>;
  /** Lets go of it, read or not: its sender waits for its reader. */
  close(): Promise<void>;
}

/** What a tar begins with; nothing more is read ahead. */
export async function peek(tar: AsyncGenerator<Uint8Array, void>): Promise<Peeked> {
  const entries = extract();
  let first: Header | undefined;
  entries.on("entry", (header) => (first ??= header));
  const read: Uint8Array[] = [];
  while (!first) {
    const next = await tar.next();
    if (next.done) break;
    read.push(next.value);
    entries.write(next.value);
  }
  entries.destroy();
  async function* whole() {
    yield* read;
    yield* tar;
  }
  return { first, whole: whole(), close: async () => void (await tar.return()) };
}

export type Kind = "file" | "directory" | "link to a file" | "link to nothing" | "other" | undefined;

/** What is at a path, links followed; undefined: nothing. */
export async function kindOf(remote: Remote, path: string): Promise<Kind> {
  const type = await typeOf(remote, path);
  if (type === "symlink") return linkKind(remote, path);
  if (type === undefined || type === "directory") return type;
  return type === "file" ? "file" : "other";
}

async function typeOf(remote: Remote, path: string): Promise<string | undefined> {
  try {
    const { first, close } = await peek(remote.getFiles(path));
    await close();
    // The tar of an empty volume that no host has yet has no entry.
    return first?.type ?? "directory";
  } catch (error) {
    if (error instanceof HafenError && error.code === "path_not_found") return undefined;
    throw error;
  }
}

async function linkKind(remote: Remote, path: string): Promise<Kind> {
  const content = remote.getFile(path);
  try {
    await content.next();
    return "link to a file";
  } catch (error) {
    if (!(error instanceof HafenError)) throw error;
    if (error.code === "path_is_directory") return "directory";
    if (error.code === "path_not_found") return "link to nothing";
    if (error.code === "path_not_file") return "other";
    throw error;
  } finally {
    await content.return();
  }
}
