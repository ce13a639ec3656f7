import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { buildOutput } from "../../build-output.ts";
import { command } from "../../command.ts";
import { Failure } from "../../failures.ts";
import { many, one } from "../../flags.ts";
import { stream } from "../../result.ts";
import { withProgress } from "../../upload-progress.ts";

export default command({
  usage: "FILE|- [NAME[:TAG]]",
  takes: [1, 2],
  flags: {
    tag: one("NAME[:TAG]", ["t", "What to call the image"]),
    change: many("INSTRUCTION", ["c", "CMD of a root file system: 'CMD [\"sh\"]', or just the command"]),
  },
  async run(ctx, { flags, args: [file = "", name] }) {
    if (file === "-" && ctx.stdin.isTTY)
      throw new Failure("'-' reads a tar from standard input, and that is a terminal");
    const last = flags.change.at(-1);
    const client = await ctx.client();
    const tar: AsyncIterable<Uint8Array> = file === "-" ? ctx.stdin : createReadStream(resolve(ctx.cwd, file));
    const build = await client.images.import(withProgress(ctx, "Sending image", tar), {
      tag: flags.tag ?? name,
      command: last === undefined ? undefined : commandOf(last),
    });
    return stream(buildOutput(ctx, client, build, { quiet: true }));
  },
});

/** The exec form is a JSON array; anything else is for a shell, as in a Dockerfile. */
function commandOf(text: string): string[] {
  const words = text.replace(/^CMD\s+/i, "").trim();
  try {
    const parsed: unknown = JSON.parse(words);
    if (Array.isArray(parsed) && parsed.every((word) => typeof word === "string")) return parsed;
  } catch {
    // not JSON, so the shell form
  }
  return ["/bin/sh", "-c", words];
}
