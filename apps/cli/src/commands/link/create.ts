import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { one } from "../../flags.ts";
import { durationMs } from "../../format/quantities.ts";
import { lines } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";
import { portOf } from "../container/port-flags.ts";

function seconds(text: string): number {
  const whole = Math.round(durationMs(text) / 1000);
  if (whole < 1) throw new UsageError("at least a second");
  return whole;
}

export default command({
  usage: "CONTAINER PORT",
  takes: [2, 2],
  flags: { expires: one("SPAN", ["Until it is void, such as 30m; default 1h, at most 30d"], seconds) },
  async run(ctx, { flags: { expires }, args: [ref = "", port = ""] }) {
    const wanted = portOf(port);
    const client = await ctx.client();
    const body = expires === undefined ? {} : { expiresInSeconds: expires };
    const link = await client.links.create(await containerRef(client, ref), wanted, body);
    return lines([link.url], link);
  },
});
