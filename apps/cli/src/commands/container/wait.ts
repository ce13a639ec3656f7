import { command } from "../../command.ts";
import type { Hafen, Waited } from "@hafen/sdk";
import { each } from "../../each.ts";
import { Failure } from "../../failures.ts";
import { on } from "../../flags.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER...",
  takes: [1, Infinity],
  flags: { healthy: on("Until its health check has passed; 0 then, else 1") },
  async run(ctx, { flags: { healthy }, args }) {
    const client = await ctx.client();
    if (healthy) return each(args, async (ref) => untilHealthy(client, ref));
    return each(
      args,
      async (ref) => client.containers.wait(await containerRef(client, ref)),
      ({ exitCode }) => String(exitCode ?? 1),
    );
  },
});

async function untilHealthy(client: Hafen, ref: string): Promise<Waited> {
  const waited = await client.containers.wait(await containerRef(client, ref), { condition: "healthy" });
  if (waited.health?.status === "healthy") return waited;
  const last = waited.health?.last?.output.trim();
  throw new Failure(`${ref} is ${waited.health?.status ?? waited.state}${last ? `: ${last}` : ""}`);
}
