import { buildOutput } from "../../build-output.ts";
import { command } from "../../command.ts";
import { many, on, one } from "../../flags.ts";
import { containerRef } from "../../short-ids.ts";
import { stream } from "../../result.ts";

export default command({
  usage: "CONTAINER [NAME[:TAG]]",
  takes: [1, 2],
  flags: {
    author: one("NAME", ["a", "Who made it"]),
    message: one("TEXT", ["m", "What for"]),
    change: many("INSTRUCTION", ["c", "A Dockerfile instruction for its configuration: 'CMD [\"sh\"]'"]),
    pause: {
      ...on("p", "Stand it still meanwhile (default; --pause=false does not)"),
      read: (given: string[]) => given.at(-1) !== "false",
    },
  },
  async run(ctx, { flags: { author, message, change, pause }, args: [ref = "", tag] }) {
    const client = await ctx.client();
    const build = await client.containers.commit(await containerRef(client, ref), {
      ...(tag === undefined ? {} : { tag }),
      ...(author === undefined ? {} : { author }),
      ...(message === undefined ? {} : { message }),
      changes: change,
      pause,
    });
    return stream(buildOutput(ctx, client, build, { quiet: true }));
  },
});
