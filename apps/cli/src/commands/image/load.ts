import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { buildOutput } from "../../build-output.ts";
import { command } from "../../command.ts";
import { Failure } from "../../failures.ts";
import { on, one } from "../../flags.ts";
import { stream } from "../../result.ts";
import { withProgress } from "../../upload-progress.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: { input: one("FILE", ["i", "Read this, not standard input"]), quiet: on("q", "Say only what was loaded") },
  async run(ctx, { flags: { input, quiet } }) {
    if (input === undefined && ctx.stdin.isTTY)
      throw new Failure("an archive is read from standard input, and that is a terminal; use -i FILE");
    const client = await ctx.client();
    const tar: AsyncIterable<Uint8Array> = input === undefined ? ctx.stdin : createReadStream(resolve(ctx.cwd, input));
    const upload = quiet ? tar : withProgress(ctx, "Sending image", tar);
    const build = await client.images.import(upload, { keepTags: true });
    return stream(
      buildOutput(ctx, client, build, {
        quiet: true,
        result: ({ tags, imageId }, image) =>
          tags.length > 0
            ? tags.map((tag) => `Loaded image: ${tag}`)
            : [`Loaded image ID: ${image?.digest ?? imageId}`],
      }),
    );
  },
});
