import { command } from "../../command.ts";
import { bytes } from "../../format/bytes.ts";
import { inert } from "../../format/inert.ts";
import { columns } from "../../format/columns.ts";
import { lines } from "../../result.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: {},
  async run(ctx) {
    const client = await ctx.client();
    const me = await client.me();
    const shown = (name: string, value: number) => (name.endsWith("Bytes") ? bytes(value) : String(value));
    const usage: Record<string, number> = me.usage;
    const quota = Object.entries(me.quota).map(([name, most]) => [
      name,
      shown(name, usage[name] ?? 0),
      shown(name, most),
    ]);
    return lines(
      [
        `${inert(me.name)} (${me.role}; this key may ${me.scopes.join(", ")})`,
        "",
        ...columns(["QUOTA", "USED", "OF"], quota),
      ],
      me,
    );
  },
});
