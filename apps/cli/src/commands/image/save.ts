import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { command } from "../../command.ts";
import { EXIT_CODES } from "../../exit-codes.ts";
import { Failure } from "../../failures.ts";
import { one } from "../../flags.ts";
import { lines, stream, type Piece } from "../../result.ts";
import { imageRef } from "../../short-ids.ts";

export default command({
  usage: "IMAGE",
  takes: [1, 1],
  flags: { output: one("FILE", ["o", "Write to this, not to standard output"]) },
  async run(ctx, { flags: { output }, args: [ref = ""] }) {
    if (output === undefined && ctx.stdout.isTTY)
      throw new Failure("cowardly refusing to save to a terminal; use -o FILE or redirect");
    const client = await ctx.client();
    const archive = client.images.export(await imageRef(client, ref));
    if (output === undefined) return stream(pieces(archive));
    const path = resolve(ctx.cwd, output);
    await writeWhole(path, archive);
    return lines([], { path });
  },
});

async function* pieces(archive: AsyncIterable<Uint8Array>): AsyncGenerator<Piece, number> {
  for await (const data of archive) yield { to: "stdout", data };
  return EXIT_CODES.ok;
}

/** Under another name first: what breaks off leaves neither a half archive nor harms the one of before. */
async function writeWhole(path: string, archive: AsyncIterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  try {
    await pipeline(archive, createWriteStream(temporary, { mode: 0o600 }));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
