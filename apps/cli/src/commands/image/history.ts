import { command } from "../../command.ts";
import { on } from "../../flags.ts";
import { ago } from "../../format/age.ts";
import { bytes } from "../../format/bytes.ts";
import { cut } from "../../format/columns.ts";
import { lines, table } from "../../result.ts";
import { imageRef, shortDigest } from "../../short-ids.ts";

const INSTRUCTION_WIDTH = 45;

export default command({
  usage: "IMAGE",
  takes: [1, 1],
  flags: { noTrunc: on("Leave nothing out"), quiet: on("q", "Only ids") },
  async run(ctx, { flags: { noTrunc, quiet }, args: [ref = ""] }) {
    const client = await ctx.client();
    const entries = await client.images.history(await imageRef(client, ref));
    const idOf = (digest: string | null) => (digest === null ? "<missing>" : noTrunc ? digest : shortDigest(digest));
    if (quiet)
      return lines(
        entries.map(({ imageDigest }) => idOf(imageDigest)),
        entries,
      );
    return table(entries, [
      { title: "IMAGE", cell: ({ imageDigest }) => idOf(imageDigest) },
      { title: "CREATED", cell: ({ createdAt }) => ago(createdAt, ctx.now()) },
      { title: "CREATED BY", cell: ({ createdBy }) => (noTrunc ? createdBy : cut(createdBy, INSTRUCTION_WIDTH)) },
      { title: "SIZE", cell: ({ sizeBytes }) => bytes(sizeBytes) },
      { title: "COMMENT", cell: ({ comment }) => comment },
    ]);
  },
});
