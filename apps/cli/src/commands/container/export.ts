import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { command } from "../../command.ts";
import { EXIT_CODES } from "../../exit-codes.ts";
import { Failure } from "../../failures.ts";
import { one } from "../../flags.ts";
import { lines, stream, type Piece, type Result } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER",
  takes: [1, 1],
  flags: { output: one("FILE", ["o", "Write to a file and not to standard output"]) },
  async run(ctx, { flags: { output }, args: [given = ""] }): Promise<Result> {
    if (output === undefined && ctx.stdout.isTTY)
      throw new Failure("a tar is not for a terminal: use -o FILE, or redirect it");
    const client = await ctx.client();
    const tar = client.containers.export(await containerRef(client, given));
    if (output === undefined) {
      return stream(
        (async function* (): AsyncGenerator<Piece, number> {
          for await (const data of tar) yield { to: "stdout", data };
          return EXIT_CODES.ok;
        })(),
      );
    }
    const path = resolve(ctx.cwd, output);
    // Asked before the file is made: a refusal leaves what is there as it is.
    const first = await tar.next();
    const whole = async function* () {
      if (!first.done) yield first.value;
      yield* tar;
    };
    try {
      await pipeline(Readable.from(whole(), { objectMode: false }), createWriteStream(path));
    } catch (error) {
      await rm(path, { force: true }); // a part of a tar is none
      throw error;
    }
    return lines([], { output: path });
  },
});
