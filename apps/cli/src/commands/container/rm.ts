import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { on } from "../../flags.ts";
import { settled, WAIT } from "../../settled.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER...",
  takes: [1, Infinity],
  flags: {
    force: on("f", "Also when it runs"),
    volumes: on("v", "Also its anonymous volumes that nobody else mounts"),
  },
  async run(ctx, { flags: { force, volumes }, args }) {
    const client = await ctx.client();
    return each(args, async (ref) => {
      const removed = client.containers.remove(await containerRef(client, ref), { force, volumes, ...WAIT });
      return settled(client, removed, ["removed"]);
    });
  },
});
