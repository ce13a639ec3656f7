import type { ImageSummary } from "@hafen/sdk";
import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { on } from "../../flags.ts";
import { ago } from "../../format/age.ts";
import { bytes } from "../../format/bytes.ts";
import { layerTree } from "../../format/layer-tree.ts";
import { lines, table, type Result } from "../../result.ts";
import { shortDigest } from "../../short-ids.ts";

interface Row {
  image: ImageSummary;
  repository: string;
  tag: string;
}

export default command({
  usage: "[NAME]",
  takes: [0, 1],
  flags: { quiet: on("q", "Only ids"), noTrunc: on("Whole ids"), tree: on("By the layers they share") },
  async run(ctx, { flags: { quiet, noTrunc, tree }, args: [name] }): Promise<Result> {
    const client = await ctx.client();
    if (tree && (quiet || name !== undefined)) throw new UsageError("--tree shows all images, and not their ids alone");
    if (tree) {
      const found = await client.images.tree();
      return lines(layerTree(found), found);
    }
    const images = await Array.fromAsync(client.images.listAll({ limit: 200 }));
    const rows = images
      .flatMap(rowsOf)
      .filter(({ repository, tag }) => name === undefined || name === repository || name === `${repository}:${tag}`);
    const idOf = ({ digest }: ImageSummary) => (noTrunc ? digest : shortDigest(digest));
    const found = [...new Set(rows.map(({ image }) => image))];
    if (quiet) return lines(found.map(idOf), found);
    const shown = table(rows, [
      { title: "REPOSITORY", cell: ({ repository }) => repository },
      { title: "TAG", cell: ({ tag }) => tag },
      { title: "IMAGE ID", cell: ({ image }) => idOf(image) },
      { title: "CREATED", cell: ({ image }) => ago(image.createdAt, ctx.now()) },
      { title: "SIZE", cell: ({ image }) => bytes(image.sizeBytes) },
    ]);
    return { ...shown, json: found };
  },
});

/** An image has a line for each of its tags. */
function rowsOf(image: ImageSummary): Row[] {
  if (image.tags.length === 0) return [{ image, repository: "<none>", tag: "<none>" }];
  return image.tags.map((name) => {
    const colon = name.lastIndexOf(":");
    return { image, repository: name.slice(0, colon), tag: name.slice(colon + 1) };
  });
}
