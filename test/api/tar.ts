import { buffer } from "node:stream/consumers";
import { extract, pack, type Header } from "tar-stream";

type Entry = string | Uint8Array | (Partial<Header> & { body?: string });

/** A tar of these entries, as a client would pack it or as an attacker would. */
export async function tarOf(entries: Record<string, Entry>): Promise<Buffer> {
  const tar = pack();
  for (const [name, entry] of Object.entries(entries)) {
    if (typeof entry === "string" || entry instanceof Uint8Array) tar.entry({ name }, Buffer.from(entry as string));
    else {
      const { body = "", ...header } = entry;
      tar.entry({ name, ...header }, body);
    }
  }
  tar.finalize();
  return buffer(tar);
}

/** Its files by name. */
export async function filesOf(archive: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const tar = extract();
  tar.end(archive);
  for await (const entry of tar) files.set(entry.header.name, await buffer(entry));
  return files;
}
