import { command } from "../../command.ts";
import { layerTree } from "../../format/layer-tree.ts";
import { lines } from "../../result.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: {},
  async run(ctx) {
    const client = await ctx.client();
    const tree = await client.images.tree();
    return lines(layerTree(tree), tree);
  },
});
