import { ProblemError } from "@hafen/contract";
import { pointerOf } from "./errors.ts";

/**
 * Refuses text that nothing behind us takes: Postgres keeps neither U+0000 nor half of a surrogate pair, and no engine has them in
 * a name or a variable. `except` names members of the body that are data, not text to keep.
 */
export function refuseUnkeepable(target: string, value: unknown, except: readonly string[] = []): void {
  const at = findUnkeepable(value, [], except);
  if (at === undefined) return;
  const pointer = pointerOf(target, at);
  const detail = "must hold neither U+0000 nor half of a surrogate pair";
  throw new ProblemError("invalid_request", `${pointer}: ${detail}`, { errors: [{ pointer, detail }] });
}

function findUnkeepable(value: unknown, path: string[], except: readonly string[]): string[] | undefined {
  if (typeof value === "string") return isKeepable(value) ? undefined : path;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    if (path.length === 0 && except.includes(key)) continue;
    const found = isKeepable(key) ? findUnkeepable(member, [...path, key], except) : path;
    if (found !== undefined) return found;
  }
  return undefined;
}

function isKeepable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}
