import type { Secret } from "@hafen/sdk";
import { command } from "../../command.ts";
import { on, one } from "../../flags.ts";
import { ago } from "../../format/age.ts";
import { inert } from "../../format/inert.ts";
import { listed, type Fields } from "../../format/listed.ts";
import { checkedTemplate } from "../../format/template/template.ts";
import { lines } from "../../result.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: {
    quiet: on("q", "Only ids"),
    format: one("TEMPLATE", ["Print each as {{.Name}}, as json, or as table {{.ID}}\\t{{.Name}}"], checkedTemplate),
  },
  async run(ctx, { flags: { quiet, format } }) {
    const client = await ctx.client();
    const secrets = await client.secrets.list();
    if (quiet)
      return lines(
        secrets.map(({ id }) => inert(id)),
        secrets,
      );
    const ID = { title: "ID", value: ({ id }: Secret) => id };
    const NAME = { title: "NAME", value: ({ name }: Secret) => name };
    const VERSION = { title: "VERSION", value: ({ version }: Secret) => String(version) };
    const CREATED = { title: "CREATED", value: ({ createdAt }: Secret) => ago(createdAt, ctx.now()) };
    const UPDATED = { title: "UPDATED", value: ({ updatedAt }: Secret) => ago(updatedAt, ctx.now()) };
    const fields: Fields<Secret> = { ID, Name: NAME, Version: VERSION, CreatedAt: CREATED, UpdatedAt: UPDATED };
    return listed(secrets, format, [ID, NAME, VERSION, CREATED, UPDATED], fields);
  },
});
