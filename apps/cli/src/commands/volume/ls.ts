import type { Volume } from "@hafen/sdk";
import { command } from "../../command.ts";
import { on, one } from "../../flags.ts";
import { inert } from "../../format/inert.ts";
import { labelText, listed, type Fields } from "../../format/listed.ts";
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
    format: one("TEMPLATE", ["Print each as {{.Name}}, as json, or as table {{.Name}}\\t{{.Kind}}"], checkedTemplate),
  },
  async run(ctx, { flags: { quiet, format } }) {
    const client = await ctx.client();
    const volumes = await Array.fromAsync(client.volumes.listAll({ limit: 200 }));
    if (quiet)
      return lines(
        volumes.map(({ name }) => inert(name)),
        volumes,
      );
    return listed(volumes, format, SHOWN, FIELDS);
  },
});

function kindOf({ anonymous, hostPath }: Volume): string {
  if (hostPath !== null) return "path";
  return anonymous ? "anonymous" : "named";
}
