import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { buildOutput } from "../../build-output.ts";
import { command } from "../../command.ts";
import { Failure } from "../../failures.ts";
import { many, on, one } from "../../flags.ts";
import { stream } from "../../result.ts";
import { withProgress } from "../../upload-progress.ts";

export default command({
  usage: "FILE|- [NAME[:TAG]]",
  takes: [1, 2],
  flags: {
    tag: one("NAME[:TAG]", ["t", "What to call the image"]),
    catalog: on("Offer it to everyone (admin)"),
    change: many("INSTRUCTION", [
      "c",
      "A Dockerfile instruction for a root file system: 'CMD [\"sh\"]', or just the command",
    ]),
  },
  async run(ctx, { flags, args: [file = "", name] }) {
    if (file === "-" && ctx.stdin.isTTY)
      throw new Failure("'-' reads a tar from standard input, and that is a terminal");
    const client = await ctx.client();
    const tar: AsyncIterable<Uint8Array> = file === "-" ? ctx.stdin : createReadStream(resolve(ctx.cwd, file));
    const build = await client.images.import(withProgress(ctx, "Sending image", tar), {
      tag: flags.tag ?? name,
      ...(flags.catalog ? { catalog: true } : {}),
      changes: flags.change.length > 0 ? flags.change.map(changeOf) : undefined,
    });
    return stream(buildOutput(ctx, client, build, { quiet: true }));
  },
});

/** A word in capitals begins an instruction; anything else is a command, in the exec form or for a shell. */
function changeOf(text: string): string {
  return /^[A-Z]+\s/.test(text) ? text : `CMD ${text}`;
}
