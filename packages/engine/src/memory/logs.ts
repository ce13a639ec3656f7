import { positioned, windowStart, type Unpositioned } from "../log-position.ts";
import { toNanoseconds } from "../log-time.ts";
import type { EngineId, LogChunk, LogOptions } from "../engine.ts";
import { EngineError } from "../error.ts";
import { getContainer, type World } from "./world.ts";

export function logs(world: World, id: EngineId, options: LogOptions): AsyncGenerator<LogChunk, void, undefined> {
  return positioned(read(world, id, options), options.after);
}

async function* read(
  world: World,
  id: EngineId,
  { follow, since, until, after, streams = ["stdout", "stderr"], signal, ...options }: LogOptions,
): AsyncGenerator<Unpositioned, void, undefined> {
  const container = getContainer(world, id);
  const given = since === undefined ? undefined : toNanoseconds(since);
  const from = after ? windowStart(after) : given;
  const tail = after ? undefined : options.tail;
  const before = until === undefined ? undefined : toNanoseconds(until);
  const wanted = ({ at, stream }: Unpositioned) =>
    streams.includes(stream) &&
    (from === undefined || toNanoseconds(at) > from) &&
    (before === undefined || toNanoseconds(at) <= before);
  const printed = container.log.filter(({ stream }) => streams.includes(stream));
  const followed = container.process ? container.followable : undefined;
  const entries = followed?.entries.length ?? 0;
  for (const chunk of printed.slice(tail === undefined ? 0 : Math.max(0, printed.length - tail)))
    if (wanted(chunk)) yield chunk;
  if (follow && followed) for await (const chunk of followed.follow(entries, signal)) if (wanted(chunk)) yield chunk;
  if (signal?.aborted) throw new EngineError("aborted", `logs of ${id}: aborted`);
}
