import { toNanoseconds } from "../log-time.ts";
import type { EngineId, LogChunk, LogOptions } from "../engine.ts";
import { EngineError } from "../error.ts";
import { getContainer, type World } from "./world.ts";

export async function* logs(
  world: World,
  id: EngineId,
  options: LogOptions,
): AsyncGenerator<LogChunk, void, undefined> {
  const { follow, since, until, tail, streams = ["stdout", "stderr"], signal } = options;
  const container = getContainer(world, id);
  const after = since === undefined ? undefined : toNanoseconds(since);
  const before = until === undefined ? undefined : toNanoseconds(until);
  const wanted = ({ at, stream }: LogChunk) =>
    streams.includes(stream) &&
    (after === undefined || toNanoseconds(at) > after) &&
    (before === undefined || toNanoseconds(at) <= before);
  const printed = container.log.filter(({ stream }) => streams.includes(stream));
  const followed = container.process ? container.followable : undefined;
  const from = followed?.entries.length ?? 0;
  for (const chunk of printed.slice(tail === undefined ? 0 : Math.max(0, printed.length - tail)))
    if (wanted(chunk)) yield chunk;
  if (follow && followed) for await (const chunk of followed.follow(from, signal)) if (wanted(chunk)) yield chunk;
  if (signal?.aborted) throw new EngineError("aborted", `logs of ${id}: aborted`);
}
