import { pack } from "tar-stream";
import type { Input } from "../ctx.ts";
import { Failure } from "../failures.ts";
import type { BuildContext } from "./build-context.ts";

const MAGIC_AT = 257;
const HEAD_BYTES = 512;
const COMPRESSED = [
  [0x1f, 0x8b],
  [0x28, 0xb5, 0x2f, 0xfd],
];

/** What docker's `-` means: a tar is the context, other text is the Dockerfile of an empty one. */
export async function standardInputContext(stdin: Input, file: string | undefined): Promise<BuildContext> {
  if (stdin.isTTY) throw new Failure("'-' reads a context or a Dockerfile from standard input, and that is a terminal");
  const chunks = (stdin as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < HEAD_BYTES) {
    const next = await chunks.next();
    if (next.done) break;
    first.push(next.value);
    bytes += next.value.length;
  }
  const all = async function* () {
    yield* first;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  };
  if (bytes === 0) throw new Failure("standard input is empty: there is neither a context nor a Dockerfile");
  if (isArchive(Buffer.concat(first))) return { tar: all(), dockerfile: file };
  const tar = pack();
  tar.entry({ name: "Dockerfile" }, Buffer.concat(await Array.fromAsync(all())));
  tar.finalize();
  return { tar: tar as unknown as AsyncIterable<Uint8Array>, dockerfile: "Dockerfile" };
}

function isArchive(head: Buffer): boolean {
  if (COMPRESSED.some((magic) => magic.every((byte, at) => head[at] === byte))) return true;
  return head.subarray(MAGIC_AT, MAGIC_AT + 5).toString("latin1") === "ustar";
}
