import type { Container, Hafen } from "@hafen/sdk";
import { command } from "../../command.ts";
import { many, on, one } from "../../flags.ts";
import { ago } from "../../format/age.ts";
import { bytes } from "../../format/bytes.ts";
import { cut } from "../../format/columns.ts";
import { labelText, listed, type Fields } from "../../format/listed.ts";
import { checkedTemplate } from "../../format/template/template.ts";
import { pair, whole } from "../../format/quantities.ts";
import { lines } from "../../result.ts";
import { shortId } from "../../short-ids.ts";
import { containerFilter, FILTER_KEYS } from "./ps-filters.ts";
import { status } from "./status.ts";

const UP: Container["state"][] = ["running", "paused", "restarting"];
const COMMAND_WIDTH = 20;

export default command({
  usage: "",
  takes: [0, 0],
  flags: {
    all: on("a", "Also those that do not run"),
    quiet: on("q", "Only ids"),
    noTrunc: on("Leave nothing out"),
    size: on("s", "What each wrote, and that with its image"),
    format: one(
      "TEMPLATE",
      ["Print each as {{.ID}} {{.Names}}, as json, or as table {{.Names}}\\t{{.Status}}"],
      checkedTemplate,
    ),
    last: one("COUNT", ["n", "The last ones made, running or not"], whole),
    latest: on("l", "The last one made, running or not"),
    filter: many("KEY=VALUE", ["f", `One of ${FILTER_KEYS}`], pair),
  },
  async run(ctx, { flags: { all, quiet, noTrunc, size, format, filter, last, latest } }) {
    const isWanted = await containerFilter(ctx.client, filter);
    const client = await ctx.client();
    const found = await Array.fromAsync(client.containers.listAll({ limit: 200, ...(size ? { size: "true" } : {}) }));
    const count = latest ? 1 : last;
    const everyState = all || count !== undefined || filter.some(([key]) => key === "status" || key === "exited");
    const rows = found
      .filter((container) => (everyState || UP.includes(container.state)) && isWanted(container))
      .toSorted((a, b) => (count === undefined ? 0 : b.createdAt.localeCompare(a.createdAt)))
      .slice(0, count);
    const idOf = ({ id }: Container) => (noTrunc ? id : shortId(id));
    if (quiet) return lines(rows.map(idOf), rows);
    const showsCommand = !ctx.json && /^(table|json)?$|Command/.test(format ?? "");
    const commands = showsCommand ? await commandsOf(client, rows) : new Map<string, string>();
    const commandOf = ({ id }: Container) => {
      const text = commands.get(id) ?? "";
      return `"${noTrunc ? text : cut(text, COMMAND_WIDTH)}"`;
    };
    const fields = fieldsOf({ idOf, commandOf, nowMs: ctx.now() });
    const { ID, Image, Command, RunningFor, Status, Ports, Names } = fields;
    const shown = [ID, Image, Command, RunningFor, Status, Ports, Names, ...(size ? [fields.Size] : [])];
    return listed(rows, format, shown, fields);
  },
});

/** Docker's fields of a container. */
function fieldsOf({ idOf, commandOf, nowMs }: { idOf: Cell; commandOf: Cell; nowMs: number }) {
  return {
    ID: { title: "CONTAINER ID", value: idOf },
    Image: { title: "IMAGE", value: ({ image }) => image.reference },
    Command: { title: "COMMAND", value: commandOf },
    CreatedAt: { title: "CREATED AT", value: ({ createdAt }) => createdAt },
    RunningFor: { title: "CREATED", value: ({ createdAt }) => ago(createdAt, nowMs) },
    Status: { title: "STATUS", value: (row) => status(row, nowMs) },
    State: { title: "STATE", value: ({ state }) => state },
    Ports: { title: "PORTS", value: ({ ports }) => ports.map(portText).join(", ") },
    Names: { title: "NAMES", value: ({ name }) => name },
    Labels: { title: "LABELS", value: ({ labels }) => labelText(labels) },
    Mounts: { title: "MOUNTS", value: ({ mounts }) => mounts.flatMap(({ volume }) => volume?.name ?? []).join(",") },
    LocalVolumes: {
      title: "LOCAL VOLUMES",
      value: ({ mounts }) => String(mounts.filter(({ volume }) => volume).length),
    },
    Size: { title: "SIZE", value: sizeOf },
  } satisfies Fields<Container>;
}

function sizeOf({ size }: Container): string {
  return size === null ? "-" : `${bytes(size.writableBytes)} (virtual ${bytes(size.rootBytes)})`;
}
type Cell = (row: Container) => string;

/** Where they are reached, `hafen port` tells. */
function portText({ container, protocol, public: open }: Container["ports"][number]): string {
  return `${container}/${protocol}${open ? " public" : ""}`;
}

/** What each runs; what it does not say itself its image says. */
async function commandsOf(client: Hafen, rows: Container[]): Promise<Map<string, string>> {
  const asked = new Map<string, ReturnType<typeof configOf>>();
  const commands = rows.map(async (row) => {
    const { id, image, entrypoint, command: words } = row;
    if (entrypoint !== null) return [id, [...entrypoint, ...(words ?? [])].join(" ")] as const;
    if (image.id !== null && !asked.has(image.id)) asked.set(image.id, configOf(client, image.id));
    const config = image.id === null ? undefined : await asked.get(image.id);
    return [id, [...(config?.entrypoint ?? []), ...(words ?? config?.command ?? [])].join(" ")] as const;
  });
  return new Map(await Promise.all(commands));
}

async function configOf(client: Hafen, id: string) {
  const image = await client.images.get(id).catch(() => undefined); // it may be gone, or another's by now
  return image?.config;
}
