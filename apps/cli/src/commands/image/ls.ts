import type { ImageSummary } from "@hafen/sdk";
import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { many, on, one } from "../../flags.ts";
import { ago } from "../../format/age.ts";
import { bytes } from "../../format/bytes.ts";
import { layerTree } from "../../format/layer-tree.ts";
import { listed, type Fields } from "../../format/listed.ts";
import { pair, truth } from "../../format/quantities.ts";
import { checkedTemplate } from "../../format/template/template.ts";
import { lines, type Result } from "../../result.ts";
import { shortDigest } from "../../short-ids.ts";

interface Row {
  image: ImageSummary;
  repository: string;
  tag: string;
}

export default command({
  usage: "[NAME]",
  takes: [0, 1],
  flags: {
    all: on("a", "Docker's word for steps of builds, which are not kept as images"),
    quiet: on("q", "Only ids"),
    filter: many("KEY=VALUE", ["f", "dangling=true: those without a name"], imageFilter),
    noTrunc: on("Whole ids"),
    tree: on("By the layers they share"),
    format: one(
      "TEMPLATE",
      ["Print each as {{.Repository}}:{{.Tag}}, as json, or as table {{.ID}}\\t{{.Size}}"],
      checkedTemplate,
    ),
  },
  async run(ctx, { flags: { quiet, noTrunc, tree, format, filter }, args: [name] }): Promise<Result> {
    const client = await ctx.client();
    if (tree && (quiet || name !== undefined)) throw new UsageError("--tree shows all images, and not their ids alone");
    if (tree) {
      const found = await client.images.tree();
      return lines(layerTree(found), found);
    }
    const all = await Array.fromAsync(client.images.listAll({ limit: 200 }));
    const images = all.filter((image) => filter.every((isWanted) => isWanted(image)));
    const rows = images
      .flatMap(rowsOf)
      .filter(({ repository, tag }) => name === undefined || name === repository || name === `${repository}:${tag}`);
    const idOf = ({ digest }: ImageSummary) => (noTrunc ? digest : shortDigest(digest));
    const found = [...new Set(rows.map(({ image }) => image))];
    if (quiet) return lines(found.map(idOf), found);
    const fields = {
      Repository: { title: "REPOSITORY", value: ({ repository }) => repository },
      Tag: { title: "TAG", value: ({ tag }) => tag },
      ID: { title: "IMAGE ID", value: ({ image }) => idOf(image) },
      Digest: { title: "DIGEST", value: ({ image }) => image.digest },
      CreatedAt: { title: "CREATED AT", value: ({ image }) => image.createdAt },
      CreatedSince: { title: "CREATED", value: ({ image }) => ago(image.createdAt, ctx.now()) },
      Size: { title: "SIZE", value: ({ image }) => bytes(image.sizeBytes) },
    } satisfies Fields<Row>;
    const { Repository, Tag, ID, CreatedSince, Size } = fields;
    const shown = listed(rows, format, [Repository, Tag, ID, CreatedSince, Size], fields);
    return { ...shown, json: found };
  },
});

function imageFilter(text: string): (image: ImageSummary) => boolean {
  const [key, value] = pair(text);
  if (key !== "dangling") throw new UsageError("dangling=true or dangling=false");
  const wanted = truth(value);
  return ({ tags }) => (tags.length === 0) === wanted;
}

/** An image has a line for each of its tags. */
function rowsOf(image: ImageSummary): Row[] {
  if (image.tags.length === 0) return [{ image, repository: "<none>", tag: "<none>" }];
  return image.tags.map((name) => {
    const colon = name.lastIndexOf(":");
    return { image, repository: name.slice(0, colon), tag: name.slice(colon + 1) };
  });
}
