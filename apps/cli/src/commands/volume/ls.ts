import type { Volume } from "@hafen/sdk";
import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { many, on, one } from "../../flags.ts";
import { inert } from "../../format/inert.ts";
import { labelText, listed, type Fields } from "../../format/listed.ts";
import { pair, truth } from "../../format/quantities.ts";
import { checkedTemplate } from "../../format/template/template.ts";
import { lines } from "../../result.ts";

const NAME = { title: "VOLUME NAME", value: ({ name }: Volume) => name };
const KIND = { title: "KIND", value: kindOf };
const HOST = { title: "HOST", value: ({ host }: Volume) => host ?? "" };
const MOUNTED_BY = {
  title: "MOUNTED BY",
  value: ({ mountedBy }: Volume) => mountedBy.map(({ name }) => name).join(", "),
};
const SHOWN = [NAME, KIND, HOST, MOUNTED_BY];
const FIELDS: Fields<Volume> = {
  Name: NAME,
  Kind: KIND,
  Host: HOST,
  MountedBy: MOUNTED_BY,
  Driver: { title: "DRIVER", value: () => "local" },
  Scope: { title: "SCOPE", value: () => "local" },
  Mountpoint: { title: "MOUNTPOINT", value: ({ id, hostPath }) => hostPath ?? id },
  State: { title: "STATE", value: ({ state }) => state },
  Labels: { title: "LABELS", value: ({ labels }) => labelText(labels) },
};

export default command({
  usage: "",
  takes: [0, 0],
  flags: {
    quiet: on("q", "Only names"),
    filter: many("KEY=VALUE", ["f", "dangling, name or label"], volumeFilter),
    format: one("TEMPLATE", ["Print each as {{.Name}}, as json, or as table {{.Name}}\\t{{.Kind}}"], checkedTemplate),
  },
  async run(ctx, { flags: { quiet, format, filter } }) {
    const client = await ctx.client();
    const all = await Array.fromAsync(client.volumes.listAll({ limit: 200 }));
    const volumes = all.filter((volume) => filter.every((isWanted) => isWanted(volume)));
    if (quiet)
      return lines(
        volumes.map(({ name }) => inert(name)),
        volumes,
      );
    return listed(volumes, format, SHOWN, FIELDS);
  },
});

function volumeFilter(text: string): (volume: Volume) => boolean {
  const [key, value] = pair(text);
  switch (key) {
    case "dangling":
      return ({ mountedBy }) => (mountedBy.length === 0) === truth(value);
    case "name":
      return ({ name }) => name.includes(value);
    case "label": {
      const [label = "", wanted] = value.split(/=(.*)/s);
      return ({ labels }) => Object.hasOwn(labels, label) && (!wanted || labels[label] === wanted);
    }
    default:
      throw new UsageError("dangling, name or label");
  }
}

function kindOf({ anonymous, hostPath }: Volume): string {
  if (hostPath !== null) return "path";
  return anonymous ? "anonymous" : "named";
}
