import { setTimeout as delay } from "node:timers/promises";
import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { on } from "../../flags.ts";
import { confirm } from "../../terminal/confirm.ts";

const POLL_MS = 1_000;

export default command({
  usage: "NAME...",
  takes: [1, Infinity],
  flags: {
    force: on("f", "Do not ask"),
    detach: on("d", "Do not wait until everything of theirs is gone"),
  },
  async run(ctx, { flags: { force, detach }, args }) {
    if (!force)
      await confirm(ctx, `This will remove ${args.join(", ")} with all containers, volumes, images and builds.`);
    const client = await ctx.client();
    return each(args, async (ref) => {
      let user = await client.users.remove(ref);
      while (!detach && user.state !== "removed") {
        await delay(POLL_MS);
        user = await client.users.get(user.id);
      }
      return user;
    });
  },
});
