import type { Flow } from "@hafen/sdk";
import { command } from "../../command.ts";
import { on } from "../../flags.ts";
import { ago } from "../../format/age.ts";
import { bytes } from "../../format/bytes.ts";
import { table } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER",
  takes: [1, 1],
  flags: { denied: on("Only what was refused") },
  async run(ctx, { flags: { denied }, args: [ref = ""] }) {
    const client = await ctx.client();
    const query = { limit: 200, ...(denied ? { verdict: "denied" as const } : {}) };
    const found = await Array.fromAsync(client.containers.allFlows(await containerRef(client, ref), query));
    return table(found, [
      { title: "PROTO", cell: ({ protocol }) => protocol },
      { title: "DESTINATION", cell: destination },
      { title: "NAME", cell: ({ name }) => name ?? "" },
      { title: "VERDICT", cell: ({ verdict }) => verdict },
      { title: "PACKETS", cell: ({ sentPackets, receivedPackets }) => `${sentPackets} / ${receivedPackets}` },
      {
        title: "SENT / RECEIVED",
        cell: ({ sentBytes, receivedBytes }) => `${bytes(sentBytes)} / ${bytes(receivedBytes)}`,
      },
      { title: "LAST SEEN", cell: ({ lastSeenAt }) => ago(lastSeenAt, ctx.now()) },
    ]);
  },
});

function destination({ address, port }: Flow): string {
  if (address === null) return "";
  return port === null ? address : `${address}:${port}`;
}
