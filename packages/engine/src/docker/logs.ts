import type { EngineId, LogChunk, LogOptions } from "../engine.ts";
import { EngineError } from "../error.ts";
import type { Client } from "./client.ts";
import { requireContainer } from "./containers.ts";
import { demux, type Frame } from "./demux.ts";
import { positioned, windowStart, type Unpositioned } from "../log-position.ts";
import { toEngineTime, toNanoseconds } from "../log-time.ts";
import { openStream, pieces } from "./stream.ts";

/** `2026-01-02T03:04:05.000000006Z `: with `timestamps` each message begins with it, and it is always this long. */
const STAMP_BYTES = 31;
/** The engine cuts lines longer than this into messages. */
const MAX_MESSAGE_BYTES = 16 * 1024;

export async function* logs(
  client: Client,
  id: EngineId,
  options: LogOptions,
): AsyncGenerator<LogChunk, void, undefined> {
  if (options.tail !== undefined && options.streams?.length === 1) return yield* tailOfOne(client, id, options);
  let last: LogChunk | undefined;
  for await (const chunk of read(client, id, options)) yield (last = chunk);
  if (!options.follow || (!last && options.tail !== undefined)) return;
  // A busy engine may end a followed log with its container, before the last lines of it.
  const { tail: _, ...rest } = { ...options, follow: false, after: last?.position ?? options.after };
  try {
    yield* read(client, id, rest);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== "not_found") throw error; // it was removed while it was followed
  }
}

function read(client: Client, id: EngineId, options: LogOptions): AsyncGenerator<LogChunk, void, undefined> {
  return positioned(readFrom(client, id, options), options.after);
}

async function* readFrom(
  client: Client,
  id: EngineId,
  { after, ...options }: LogOptions,
): AsyncGenerator<Unpositioned, void, undefined> {
  const what = `logs of ${id}`;
  const given = options.since === undefined ? undefined : toNanoseconds(options.since);
  const since = after ? windowStart(after) : given;
  const container = await requireContainer(client, id, options);
  const wants = (stream: LogChunk["stream"]) => options.streams?.includes(stream) ?? true;
  const query = {
    stdout: wants("stdout") ? "1" : "0",
    stderr: wants("stderr") ? "1" : "0",
    timestamps: "1",
    follow: options.follow ? "1" : "0",
    tail: options.tail === undefined || after ? "all" : String(options.tail),
    ...(since !== undefined && { since: toEngineTime(since) }),
    ...(options.until !== undefined && { until: toEngineTime(toNanoseconds(options.until)) }),
  };
  const answer = await openStream(
    client,
    what,
    { method: "GET", path: `/containers/${container.Id}/logs`, query },
    options,
  );
  const source = pieces(what, answer, options);
  for await (const message of container.Config.Tty ? ttyMessages(source) : demux(source, true)) {
    const at = message.data.toString("latin1", 0, STAMP_BYTES - 1);
    // The engine's `since` includes its own moment, which the caller has already.
    if (since !== undefined && toNanoseconds(at) <= since) continue;
    yield { stream: message.stream, data: message.data.subarray(STAMP_BYTES), at };
  }
}

/** The engine counts the last lines of both streams and then drops those of one: here they are counted after. */
async function* tailOfOne(
  client: Client,
  id: EngineId,
  { tail = 0, ...options }: LogOptions,
): AsyncGenerator<LogChunk, void, undefined> {
  let last: LogChunk[] = [];
  let { after } = options;
  for await (const chunk of read(client, id, { ...options, follow: false })) {
    after = chunk.position;
    last.push(chunk);
    if (last.length > 2 * tail) last = tail === 0 ? [] : last.slice(-tail);
  }
  if (tail > 0) yield* last.slice(-tail);
  if (options.follow) yield* logs(client, id, { ...options, after });
}

/** A tty's log is not framed: a message ends at its line end, or where the engine cut it, or with the stream. */
export async function* ttyMessages(source: AsyncIterable<Buffer>): AsyncGenerator<Frame, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of source) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    for (let end = messageEnd(rest); end !== undefined; end = messageEnd(rest)) {
      yield { stream: "stdout", data: rest.subarray(0, end) };
      rest = rest.subarray(end);
    }
  }
  if (rest.length > STAMP_BYTES) yield { stream: "stdout", data: rest };
}

function messageEnd(rest: Buffer): number | undefined {
  const lineEnd = rest.indexOf(10);
  const cut = STAMP_BYTES + MAX_MESSAGE_BYTES;
  if (lineEnd !== -1 && lineEnd <= cut) return lineEnd + 1;
  return rest.length > cut ? cut : undefined;
}
