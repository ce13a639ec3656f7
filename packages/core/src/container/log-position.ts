import { LOG_POSITION, ProblemError } from "@hafen/contract";
import type { LogOptions, LogPosition } from "@hafen/engine";

/** A line's id: the parts of its position, which a client gives back as it came. */
export function positionId({ at, seen, first }: LogPosition): string {
  return [at, seen, ...(first === undefined ? [] : [first])].join("~");
}

/** What `Last-Event-ID` asks for: a line's id, or a time of the client's own. */
export function logStart(id: string): Pick<LogOptions, "after" | "since"> {
  const [, at, seen, first] = LOG_POSITION.exec(id) ?? [];
  if (at === undefined) throw new ProblemError("invalid_request", "Last-Event-ID takes the id of a line, or a time.");
  return seen === undefined ? { since: at } : { after: { at, seen: Number(seen), first } };
}
