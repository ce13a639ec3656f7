import type { MountRequest } from "@hafen/sdk";
import { UsageError } from "../../failures.ts";
import { memoryBytes } from "../../format/quantities.ts";
import { absolute, sourced } from "./volume-flags.ts";

/** Docker's names for one thing. */
const KEYS: Record<string, "type" | "source" | "target" | "readOnly" | "size"> = {
  type: "type",
  source: "source",
  src: "source",
  target: "target",
  destination: "target",
  dst: "target",
  readonly: "readOnly",
  ro: "readOnly",
  "tmpfs-size": "size",
};
const TRUE = ["", "true", "1"];
const FALSE = ["false", "0"];

/** `--mount type=bind,source=/path,target=/path,readonly`: docker's list of key=value, a field in quotes where it holds a comma. */
export function mountFlagOf(text: string): MountRequest {
  const given = new Map<string, string>();
  for (const field of fieldsOf(text)) {
    const at = field.indexOf("=");
    const key = (at === -1 ? field : field.slice(0, at)).trim().toLowerCase();
    const name = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (name === undefined)
      throw new UsageError(`${key} is not supported; there is type, source, target, readonly and tmpfs-size`);
    if (at === -1 && name !== "readOnly") throw new UsageError(`${key} needs a value: ${key}=…`);
    given.set(name, at === -1 ? "" : field.slice(at + 1));
  }
  return requestOf(given);
}

function requestOf(given: Map<string, string>): MountRequest {
  const type = given.get("type") ?? "volume";
  const source = given.get("source");
  const target = given.get("target");
  const readOnly = given.has("readOnly") && isOn(given.get("readOnly") ?? "");
  if (target === undefined) throw new UsageError("target is missing: target=/path");
  if (given.has("size") && type !== "tmpfs") throw new UsageError("tmpfs-size is for type=tmpfs");
  switch (type) {
    case "volume":
      if (source === undefined || source === "")
        return { type: "volume", target: absolute(target), ...(readOnly ? { readOnly } : {}) };
      if (source.startsWith("/")) throw new UsageError(`${source} is a path: type=bind`);
      return sourced(source, target, readOnly);
    case "bind":
      if (!source?.startsWith("/"))
        throw new UsageError(
          `the source of a bind is an absolute path of the virtual host tree, not ${source ?? "nothing"}`,
        );
      return sourced(source, target, readOnly);
    case "tmpfs": {
      if (source !== undefined) throw new UsageError("a tmpfs has no source");
      if (readOnly) throw new UsageError("a tmpfs that cannot be written is of no use");
      const size = given.get("size");
      return {
        type: "tmpfs",
        target: absolute(target),
        ...(size === undefined ? {} : { sizeBytes: memoryBytes(size) }),
      };
    }
    default:
      throw new UsageError(`type ${type} is not supported: bind, volume or tmpfs`);
  }
}

function isOn(text: string): boolean {
  if (TRUE.includes(text.toLowerCase())) return true;
  if (FALSE.includes(text.toLowerCase())) return false;
  throw new UsageError(`readonly is true or false, not ${text}`);
}

/** A line of CSV: a field in quotes may hold commas, and a quote in it is written twice. */
function fieldsOf(text: string): string[] {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/y;
  while (field.lastIndex < text.length) {
    const found = field.exec(text);
    if (!found) throw new UsageError("a field in quotes is quoted as a whole, and a quote in it written twice");
    fields.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? "");
  }
  return fields;
}
