import { InputError } from "./error.ts";
import { quoted } from "./quoted.ts";
import type { TarEntry } from "./read-tar.ts";

/** Holds a Dockerfile's body back to read it: its text without byte order mark, and the bytes again to pass on. */
export async function readDockerfileText(
  entry: TarEntry,
  maxBytes: number,
): Promise<{ text: string; body: AsyncIterable<Uint8Array> }> {
  if (entry.sizeBytes > maxBytes) {
    throw new InputError(
      "dockerfile_invalid",
      `${quoted(entry.name)} has ${entry.sizeBytes} bytes; a Dockerfile may have ${maxBytes}. Move data into files of the context.`,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry.body) chunks.push(chunk);
  return { text: dockerfileText(Buffer.concat(chunks), entry.name), body: replay(chunks) };
}

export function dockerfileText(bytes: Uint8Array, name: string): string {
  const refuse = (cause?: unknown): InputError =>
    new InputError("dockerfile_invalid", `${quoted(name)} is not UTF-8 text. Save it as UTF-8.`, { cause });
  if (bytes.includes(0)) throw refuse();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refuse(cause);
  }
}

async function* replay(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
