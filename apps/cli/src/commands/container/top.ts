import { command } from "../../command.ts";
import { table } from "../../result.ts";
import { bytes } from "../../format/bytes.ts";
import { clock } from "../../format/clock.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER",
  takes: [1, 1],
  flags: {},
  async run(ctx, { args: [given = ""] }) {
    const client = await ctx.client();
    const { items } = await client.containers.top(await containerRef(client, given));
    return table(items, [
      { title: "UID", cell: ({ uid }) => String(uid) },
      { title: "PID", cell: ({ pid }) => String(pid) },
      { title: "PPID", cell: ({ parentPid }) => String(parentPid) },
      { title: "S", cell: ({ state }) => state },
      { title: "RSS", cell: ({ residentBytes }) => bytes(residentBytes) },
      { title: "ELAPSED", cell: ({ startedAt }) => clock(ctx.now() - Date.parse(startedAt)) },
      { title: "TIME", cell: ({ cpuMs }) => clock(cpuMs) },
      { title: "CMD", cell: ({ command: words, name }) => (words.length > 0 ? words.join(" ") : `[${name}]`) },
    ]);
  },
});
