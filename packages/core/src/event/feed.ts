import { EVENT_TYPES, ProblemError, type Event } from "@hafen/contract";
import { eventHead, readEvents, readUntil, type Db, type EventPosition, type EventRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";

const BEGINNING: EventPosition = { xid: "0", id: 0 };
const BATCH = 200;

export interface FeedQuery {
  /** From `feedStart`. */
  after: EventPosition;
  /** A type, or a family with a trailing dot. */
  type?: string | undefined;
  subject?: string | undefined;
  follow: boolean;
  signal?: AbortSignal | undefined;
}

/** Where a feed begins: after the event `evt_…`, at the beginning with `start`, or now. */
export async function feedStart(db: Db, since: string | undefined): Promise<EventPosition> {
  if (since === undefined) return eventHead(db);
  return since === "start" ? BEGINNING : decode(since);
}

/** The id a client sends back to go on from there. */
export function positionId({ xid, id }: EventPosition): string {
  return `evt_${xid}-${id}`;
}

/** The user's events in commit order, from after `after`; with `follow` without end. @throws ProblemError for a type that is none. */
export function eventFeed(ctx: Ctx, query: FeedQuery): AsyncGenerator<Event> {
  const { type } = query;
  if (
    type !== undefined &&
    !EVENT_TYPES.some((each) => each === type || (type.endsWith(".") && each.startsWith(type)))
  ) {
    throw new ProblemError("invalid_request", `There is no event type ${type}.`, {
      errors: [{ pointer: "?type", detail: `one of ${EVENT_TYPES.join(", ")}` }],
    });
  }
  return readFeed(ctx, query);
}

async function* readFeed(ctx: Ctx, query: FeedQuery): AsyncGenerator<Event> {
  const { userId } = ctx.actor;
  let { after } = query;
  for (;;) {
    const rows = await readUntil(
      ctx.changes,
      `events:${userId}`,
      () => readEvents(ctx.db, { userId, after, type: query.type, subject: query.subject, limit: BATCH }),
      (found) => found.length > 0 || !query.follow,
      { timeoutMs: 60_000, signal: query.signal },
    );
    for (const row of rows) {
      after = { xid: row.xid, id: row.id };
      yield toWire(row);
    }
    if (query.signal?.aborted || (!query.follow && rows.length < BATCH)) return;
  }
}

function toWire(row: EventRow): Event {
  return { id: positionId(row), type: row.type, subject: row.subject, data: row.data, at: row.at.toISOString() };
}

function decode(id: string): EventPosition {
  const [, xid, row] = /^evt_(\d{1,19})-(\d{1,16})$/.exec(id) ?? [];
  if (xid === undefined || row === undefined) {
    throw new ProblemError("invalid_request", "since and Last-Event-ID take the id of an event.", {
      errors: [{ pointer: "?since", detail: "not an event id" }],
    });
  }
  return { xid, id: Number(row) };
}
