import { HafenError, type Hafen, type HafenErrorCode } from "@hafen/sdk";
import { command } from "../../command.ts";
import { Failure } from "../../failures.ts";
import { on, one } from "../../flags.ts";
import { checkedTemplate } from "../../format/template/template.ts";
import { containerRef, imageRef } from "../../short-ids.ts";
import { containerView, imageView, volumeView } from "./docker-view.ts";
import { inspected, type Inspected } from "./inspected.ts";

const ABSENT: HafenErrorCode[] = ["container_not_found", "image_not_found", "volume_not_found", "reference_invalid"];

export default command({
  usage: "NAME...",
  takes: [1, Infinity],
  flags: {
    format: one("TEMPLATE", ["f", "Print only this, as {{.State.Status}} or {{json .Mounts}}"], checkedTemplate),
    size: on("s", "With the sizes of containers and volumes"),
  },
  async run(ctx, { flags: { format, size }, args }) {
    const client = await ctx.client();
    const found: Inspected[] = [];
    for (const ref of args) found.push(await find(client, ref, size));
    return inspected(found, format);
  },
});

/** A container, else an image, else a volume, as docker looks. */
async function find(client: Hafen, ref: string, size: boolean): Promise<Inspected> {
  const ways: (() => Promise<Inspected>)[] = [
    async () => {
      const object = await client.containers.get(await containerRef(client, ref), { size });
      return { object, view: containerView(object) };
    },
    async () => {
      const object = await client.images.get(await imageRef(client, ref));
      return { object, view: imageView(object) };
    },
    async () => {
      const object = await client.volumes.get(ref, { size });
      return { object, view: volumeView(object) };
    },
  ];
  for (const way of ways) {
    try {
      return await way();
    } catch (error) {
      if (!(error instanceof HafenError) || !ABSENT.includes(error.code)) throw error;
    }
  }
  throw new Failure(`no container, image or volume is called ${ref}`);
}
