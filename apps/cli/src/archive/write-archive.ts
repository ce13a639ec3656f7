import { createWriteStream } from "node:fs";
import { realpath, rename, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Ctx } from "../ctx.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { Failure } from "../failures.ts";
import { lines, stream, type Piece, type Result } from "../result.ts";

/** Where `-o` says, else to standard output, which may be no terminal. */
export async function writeArchive(
  ctx: Ctx,
  output: string | undefined,
  open: () => Promise<AsyncIterable<Uint8Array>>,
): Promise<Result> {
  if (output === undefined && ctx.stdout.isTTY)
    throw new Failure("cowardly refusing to write an archive to a terminal; use -o FILE or redirect");
  const archive = await open();
  if (output === undefined) return stream(pieces(archive));
  const path = resolve(ctx.cwd, output);
  await writeTo(path, archive);
  return lines([], { path });
}

async function* pieces(archive: AsyncIterable<Uint8Array>): AsyncGenerator<Piece, number> {
  for await (const data of archive) yield { to: "stdout", data };
  return EXIT_CODES.ok;
}

/**
 * A file gets it under another name first: what breaks off leaves neither a half archive nor harms the one of before. A device or a pipe
 * is written to as it is.
 */
async function writeTo(path: string, archive: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await realpath(path).catch(() => path);
  const stats = await stat(file).catch(() => undefined);
  if (stats && !stats.isFile()) return pipeline(archive, createWriteStream(file));
  const temporary = `${file}.${process.pid}.part`;
  try {
    await pipeline(archive, createWriteStream(temporary, { mode: stats?.mode ?? 0o600 }));
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
