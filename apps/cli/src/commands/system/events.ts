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
    const query = await queryOf(client, filter);
    const after = since === undefined ? undefined : "after" in since ? since.after : "start";
    const fromMs = since && "time" in since ? since.time(ctx.now()).getTime() : -Infinity;
    const found = follow
      ? client.events.stream({ ...query, since: after })
      : client.events.listAll({ ...query, since: after });
    return stream(
      (async function* (): AsyncGenerator<Piece, number> {
        for await (const event of found) {
          if (Date.parse(event.at) >= fromMs) yield { line: lineOf(event), json: event };
        }
        return EXIT_CODES.ok;
      })(),
    );
  },
});

async function queryOf(client: Hafen, filter: [string, string][]): Promise<EventQuery> {
  const query: EventQuery = {};
  for (const [key, value] of filter) {
    // The service says which types there are.
    if (key === "type") query.type = (value.includes(".") ? value : `${value}.`) as NonNullable<EventQuery["type"]>;
    else if (key === "container")
      query.subject = await idOf(
        value,
        "ctr_",
        async () => (await client.containers.get(await containerRef(client, value))).id,
      );
    else if (key === "image")
      query.subject = await idOf(
        value,
        "img_",
        async () => (await client.images.get(await imageRef(client, value))).id,
      );
    else if (key === "volume")
      query.subject = await idOf(value, "vol_", async () => (await client.volumes.get(value)).id);
    else throw new UsageError(`invalid filter '${key}': type, container, image or volume`);
  }
  return query;
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
