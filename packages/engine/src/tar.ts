const BLOCK_BYTES = 512;

/** Plain files by path: what this package writes itself, and enough of the format for the memory engine and the conformance suite. */
export type Files = Map<string, Uint8Array>;

export function packTar(files: Files | Record<string, string>): Uint8Array {
  const entries =
    files instanceof Map
      ? [...files]
      : Object.entries(files).map(([name, content]): [string, Uint8Array] => [name, Buffer.from(content)]);
  return Buffer.concat([
    ...entries.flatMap(([name, data]) => [header(name, data.length), data, padding(data.length)]),
    Buffer.alloc(2 * BLOCK_BYTES),
  ]);
}

export async function* once(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* pieces;
}

/** Files only, with paths that begin with a slash; throws at what is no tar. */
export async function unpackTar(source: AsyncIterable<Uint8Array>): Promise<Files> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  const tar = Buffer.concat(pieces);
  const files: Files = new Map();
  for (let at = 0; at + BLOCK_BYTES <= tar.length && tar[at] !== 0;) {
    const head = tar.subarray(at, at + BLOCK_BYTES);
    const sizeBytes = Number.parseInt(text(head, 124, 12), 8);
    if (Number.isNaN(sizeBytes) || Number.parseInt(text(head, 148, 8), 8) !== checksum(head))
      throw new Error("invalid tar header");
    const name = [text(head, 345, 155), text(head, 0, 100)].filter((part) => part !== "").join("/");
    const data = tar.subarray(at + BLOCK_BYTES, at + BLOCK_BYTES + sizeBytes);
    if (data.length < sizeBytes) throw new Error("unexpected end of the tar");
    if (head[156] === 0 || text(head, 156, 1) === "0") files.set(`/${name.replace(/^(\.?\/)+/, "")}`, data);
    at += BLOCK_BYTES * (1 + Math.ceil(sizeBytes / BLOCK_BYTES));
  }
  return files;
}

function header(name: string, sizeBytes: number): Uint8Array {
  const head = Buffer.alloc(BLOCK_BYTES);
  head.write(name, 0, 100);
  head.write(
    "0000644\0" + "0000000\0".repeat(2) + `${sizeBytes.toString(8).padStart(11, "0")}\0` + "00000000000\0",
    100,
  );
  head.write("0", 156);
  head.write("ustar\0" + "00", 257);
  head.write(`${checksum(head).toString(8).padStart(6, "0")}\0 `, 148);
  return head;
}

/** Its own field counts as spaces. */
function checksum(head: Uint8Array): number {
  return head.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}

function padding(sizeBytes: number): Uint8Array {
  return Buffer.alloc((BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES);
}

function text(head: Buffer, at: number, length: number): string {
  return head
    .toString("utf8", at, at + length)
    .replace(/\0.*$/s, "")
    .trim();
}
