import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { inert } from "../../format/inert.ts";
import { imageRef } from "../../short-ids.ts";

const FORCE = "an image that a container was made from stays; remove the container first";

export default command({
  usage: "IMAGE...",
  takes: [1, Infinity],
  refused: { "--force": FORCE, "-f": FORCE },
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
