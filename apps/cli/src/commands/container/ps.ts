import type { Container, ContainerListQuery, Hafen } from "@hafen/sdk";
import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { many, on } from "../../flags.ts";
import { ago } from "../../format/age.ts";
import { cut } from "../../format/columns.ts";
import { pair } from "../../format/quantities.ts";
import { lines, table } from "../../result.ts";
import { shortId } from "../../short-ids.ts";
import { status } from "./status.ts";

const UP: Container["state"][] = ["running", "paused", "restarting"];
const COMMAND_WIDTH = 20;
const ASKED = { status: "state", label: "label", volume: "volume", ancestor: "image" } as const;

export default command({
  usage: "",
  takes: [0, 0],
  flags: {
    all: on("a", "Also those that do not run"),
    quiet: on("q", "Only ids"),
    noTrunc: on("Leave nothing out"),
    filter: many("KEY=VALUE", ["f", "status, name, label, volume or ancestor"], pair),
  },
  async run(ctx, { flags: { all, quiet, noTrunc, filter } }) {
    const client = await ctx.client();
    const found = await Array.fromAsync(client.containers.listAll({ limit: 200, ...queryOf(filter) }));
    const names = filter.flatMap(([key, value]) => (key === "name" ? [value] : []));
    const everyState = all || filter.some(([key]) => key === "status");
    const rows = found
      .filter(({ state }) => everyState || UP.includes(state))
      .filter(({ name }) => names.every((part) => name.includes(part)));
    const idOf = ({ id }: Container) => (noTrunc ? id : shortId(id));
    if (quiet) return lines(rows.map(idOf), rows);
    const commands = ctx.json ? new Map<string, string>() : await commandsOf(client, rows);
    const commandOf = ({ id }: Container) => commands.get(id) ?? "";
    return table(rows, [
      { title: "CONTAINER ID", cell: idOf },
      { title: "IMAGE", cell: ({ image }) => image.reference },
      { title: "COMMAND", cell: (row) => `"${noTrunc ? commandOf(row) : cut(commandOf(row), COMMAND_WIDTH)}"` },
      { title: "CREATED", cell: ({ createdAt }) => ago(createdAt, ctx.now()) },
      { title: "STATUS", cell: (row) => status(row, ctx.now()) },
      { title: "PORTS", cell: ({ ports }) => ports.map(portText).join(", ") },
      { title: "NAMES", cell: ({ name }) => name },
    ]);
  },
});

/** Where they are reached, `hafen port` tells. */
function portText({ container, protocol, public: open }: Container["ports"][number]): string {
  return `${container}/${protocol}${open ? " public" : ""}`;
}

function queryOf(filter: [string, string][]): ContainerListQuery {
  const query: Record<string, string> = {};
  for (const [key, value] of filter) {
    if (key === "name") continue;
    const name = Object.hasOwn(ASKED, key) ? ASKED[key as keyof typeof ASKED] : undefined;
    if (name === undefined) throw new UsageError(`invalid filter '${key}': status, name, label, volume or ancestor`);
    if (name in query) throw new UsageError(`only one ${key} filter`);
    // Docker writes a label without a value without the equals sign.
    query[name] = key === "label" && value.endsWith("=") ? value.slice(0, -1) : value;
  }
  return query;
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
