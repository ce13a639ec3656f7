import type { KillContainer } from "@hafen/sdk";
import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { one } from "../../flags.ts";
import { signalName } from "../../format/quantities.ts";
import { WAIT } from "../../settled.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER...",
  takes: [1, Infinity],
  flags: { signal: one("SIGNAL", ["s", "Default KILL"], signalName) },
  async run(ctx, { flags: { signal }, args }) {
    const client = await ctx.client();
    // The service says which signals there are.
    const body = signal === undefined ? {} : { signal: signal as NonNullable<KillContainer["signal"]> };
    return each(args, async (ref) => client.containers.kill(await containerRef(client, ref), body, WAIT));
  },
});
