import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { inert } from "../../format/inert.ts";
import { imageRef } from "../../short-ids.ts";

export default command({
  usage: "IMAGE...",
  takes: [1, Infinity],
  flags: {},
  async run(ctx, { args }) {
    const client = await ctx.client();
    return each(
      args,
      async (ref) => client.images.remove(await imageRef(client, ref)),
      ({ untagged, deleted }, ref) =>
        [...untagged.map((tag) => `Untagged: ${inert(tag)}`), ...(deleted ? [`Deleted: ${inert(ref)}`] : [])].join(
          "\n",
        ),
    );
  },
});
