import type { Event, EventQuery, Hafen } from "@hafen/sdk";
import { command } from "../../command.ts";
import { EXIT_CODES } from "../../exit-codes.ts";
import { UsageError } from "../../failures.ts";
import { many, on, one } from "../../flags.ts";
import { inert } from "../../format/inert.ts";
import { pair, pastTime } from "../../format/quantities.ts";
import { stream, type Piece } from "../../result.ts";
import { containerRef, imageRef } from "../../short-ids.ts";

type Since = { after: string } | { time: (nowMs: number) => Date };

export default command({
  usage: "",
  takes: [0, 0],
  flags: {
    follow: on("f", "Stay, and show what comes; without --since only that"),
    since: one("TIME|EVENT", ["10m, a time, or an event's id"], (text): Since =>
      text.startsWith("evt_") ? { after: text } : { time: pastTime(text) },
    ),
    filter: many("KEY=VALUE", ["type=container, type=container.exited, container=, image= or volume="], pair),
  },
  async run(ctx, { flags: { follow, since, filter } }) {
    const client = await ctx.client();
    const { query, isWanted } = await chosen(client, filter);
    const after = since === undefined ? undefined : "after" in since ? since.after : "start";
    const fromMs = since && "time" in since ? since.time(ctx.now()).getTime() : -Infinity;
    const found = follow
      ? client.events.stream({ ...query, since: after })
      : client.events.listAll({ ...query, since: after });
    return stream(
      (async function* (): AsyncGenerator<Piece, number> {
        for await (const event of found) {
          if (Date.parse(event.at) >= fromMs && isWanted(event)) yield { line: lineOf(event), json: event };
        }
        return EXIT_CODES.ok;
      })(),
    );
  },
});

/** Of several values of a filter one is enough, and so it is of several things; the service is asked for less where it is one. */
async function chosen(
  client: Hafen,
  filter: [string, string][],
): Promise<{ query: EventQuery; isWanted: (event: Event) => boolean }> {
  const types: string[] = [];
  const subjects: string[] = [];
  for (const [key, value] of filter) {
    // The service says which types there are.
    if (key === "type") types.push(value.includes(".") ? value : `${value}.`);
    else subjects.push(await subjectOf(client, key, value));
  }
  const query: EventQuery = {};
  if (types.length === 1) query.type = types[0] as NonNullable<EventQuery["type"]>;
  if (subjects.length === 1 && subjects[0] !== undefined) query.subject = subjects[0];
  return {
    query,
    isWanted: ({ type, subject }) =>
      (types.length === 0 || types.some((each) => (each.endsWith(".") ? type.startsWith(each) : type === each))) &&
      (subjects.length === 0 || subjects.includes(subject)),
  };
}

async function subjectOf(client: Hafen, key: string, value: string): Promise<string> {
  switch (key) {
    case "container":
      return idOf(value, "ctr_", async () => (await client.containers.get(await containerRef(client, value))).id);
    case "image":
      return idOf(value, "img_", async () => (await client.images.get(await imageRef(client, value))).id);
    case "volume":
      return idOf(value, "vol_", async () => (await client.volumes.get(value)).id);
    default:
      throw new UsageError(`invalid filter '${key}': type, container, image or volume`);
  }
}

/** What is gone can still be asked for by its id. */
async function idOf(value: string, prefix: string, look: () => Promise<string>): Promise<string> {
  return value.startsWith(prefix) ? value : look();
}

function lineOf({ at, type, subject, data }: Event): string {
  const details = Object.entries(data).flatMap(([key, value]) =>
    value === null
      ? []
      : [`${key}=${typeof value === "object" ? JSON.stringify(value) : String(value as string | number)}`],
  );
  return inert(`${at} ${type} ${subject}${details.length > 0 ? ` (${details.join(", ")})` : ""}`);
}
