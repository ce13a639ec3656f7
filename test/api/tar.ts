import { buffer } from "node:stream/consumers";
import { pack, type Header } from "tar-stream";

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
