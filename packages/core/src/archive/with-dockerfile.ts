import { createHash } from "node:crypto";
import { emitEntry, newBudget } from "./emit-entry.ts";
import { InputError } from "./error.ts";
import { measured } from "./measured.ts";
import { packing, type Packing, type TarFacts } from "./packing.ts";
import { readTar } from "./read-tar.ts";
import { CONTEXT } from "./upload.ts";
import { END_OF_TAR, type WriteEntry } from "./write-tar.ts";

const IGNORE = ".dockerignore";
const MAX_IGNORE_BYTES = 1024 * 1024;

/** How a client names a Dockerfile that is not of its context, and only sent along: no COPY is to see it. */
const SENT_ALONG = /^\.dockerfile\.[0-9a-f]+$/;

/**
 * A context as we wrote it, with another Dockerfile for the engine (`pin`'s) beside the user's `own`. As `docker build -f -` does, the file
 * has a name of its own and is excluded by `.dockerignore`, so the engine removes it before the first COPY can see it.
 * `addsAtMost`: what its archives may unpack to where an ADD may be given one.
 */
export function withDockerfile(
  context: AsyncIterable<Uint8Array>,
  { text, own, addsAtMost }: { text: string; own: string; addsAtMost?: number | undefined },
): Packing<TarFacts> & { dockerfile: string } {
  const dockerfile = `.dockerfile.${createHash("sha256").update(text).digest("hex").slice(0, 20)}`;
  return { dockerfile, ...packing(rewrite(context, dockerfile, Buffer.from(text), own, addsAtMost)) };
}

async function* rewrite(
  context: AsyncIterable<Uint8Array>,
  dockerfile: string,
  text: Buffer,
  own: string,
  addsAtMost: number | undefined,
): AsyncGenerator<Uint8Array, object> {
  const budget = newBudget(Number.MAX_SAFE_INTEGER, CONTEXT);
  const added = addsAtMost === undefined ? undefined : { maxBytes: addsAtMost, unpackedBytes: 0 };
  let ignored = false;
  for await (const entry of readTar(context, CONTEXT)) {
    const { name, type, body, linkName, ...rest } = entry;
    if (type !== "file" && type !== "directory" && type !== "symlink" && type !== "link")
      throw new Error(`entry ${name} is not of our writing`);
    if (name === own && SENT_ALONG.test(name)) continue;
    const written: WriteEntry = { ...rest, type, name: name.replace(/\/$/, ""), linkName };
    if (name === IGNORE && type === "file") {
      ignored = true;
      if (entry.sizeBytes > MAX_IGNORE_BYTES) {
        throw new InputError(
          "context_entry_refused",
          `${IGNORE} has ${entry.sizeBytes} bytes; ${MAX_IGNORE_BYTES} are allowed. Shorten it.`,
        );
      }
      const rules = Buffer.concat([await collect(body), Buffer.from(`\n${dockerfile}\n`)]);
      yield* emitEntry({ ...written, sizeBytes: rules.length }, only(rules), budget);
    } else yield* emitEntry(written, added && type === "file" ? measured(body, name, added) : body, budget);
  }
  const rules = Buffer.from(`${IGNORE}\n${dockerfile}\n`);
  if (!ignored) yield* emitEntry(plainFile(IGNORE, rules.length), only(rules), budget);
  yield* emitEntry(plainFile(dockerfile, text.length), only(text), budget);
  yield END_OF_TAR;
  return {};
}

function plainFile(name: string, sizeBytes: number): WriteEntry {
  return { type: "file", name, sizeBytes, mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 };
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
