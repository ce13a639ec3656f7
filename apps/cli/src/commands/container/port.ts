import { command } from "../../command.ts";
import { Failure } from "../../failures.ts";
import { lines } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";
import { portOf } from "./port-flags.ts";

export default command({
  usage: "CONTAINER [PORT]",
  takes: [1, 2],
  flags: {},
  async run(ctx, { args: [given = "", wanted] }) {
    const port = wanted === undefined ? undefined : portOf(wanted);
    const client = await ctx.client();
    const { name, ports } = await client.containers.get(await containerRef(client, given));
    const found = ports.filter(({ container }) => port === undefined || container === port);
    if (port !== undefined && found.length === 0)
      throw new Failure(`${name} declares no port ${port}; hafen port-forward reaches it all the same`);
    if (port !== undefined)
      return lines(
        found.map(({ url }) => url),
        found[0],
      );
    return lines(
      found.map((each) => `${each.container}/${each.protocol} -> ${each.url}${each.public ? " (public)" : ""}`),
      found,
    );
  },
});
