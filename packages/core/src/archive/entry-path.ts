import { InputError } from "./error.ts";
import { quoted } from "./quoted.ts";
import type { Upload } from "./upload.ts";

export interface PathRules {
  maxPathBytes: number;
  upload: Upload;
  /** What `/etc/passwd` means as an entry's name: an attack in a build context, a habit in a root file system. */
  absolute: "refuse" | "strip";
}

const MAX_DEPTH = 100;
const MAX_COMPONENT_BYTES = 255;

/** An entry's name as `a/b/c`, and `""` for the root itself. */
export function entryPath(name: string, rules: PathRules): string {
  const refuse = (why: string): InputError => new InputError(rules.upload.refused, `Entry ${quoted(name)} ${why}.`);
  if (name === "") throw refuse("has no name: pack the archive again");
  if (name.includes("\0")) throw refuse("has a NUL in its name: rename it");
  if (name.length > 2 * rules.maxPathBytes)
    throw refuse(`has a path longer than ${rules.maxPathBytes} bytes: shorten it`);
  if (name.startsWith("/") && rules.absolute === "refuse")
    throw refuse("has an absolute path: pack with relative paths");
  const components = name.split("/").filter((component) => component !== "" && component !== ".");
  if (components.includes("..")) throw refuse("climbs with `..`: pack with plain relative paths");
  const path = components.join("/");
  if (Buffer.byteLength(path) > rules.maxPathBytes)
    throw refuse(`has a path longer than ${rules.maxPathBytes} bytes: shorten it`);
  if (components.length > MAX_DEPTH) throw refuse(`lies deeper than ${MAX_DEPTH} directories: flatten it`);
  if (components.some((component) => Buffer.byteLength(component) > MAX_COMPONENT_BYTES)) {
    throw refuse(`has a name longer than ${MAX_COMPONENT_BYTES} bytes: shorten it`);
  }
  return path;
}

/** Whether a symlink at `path` would lead out of the root, read as text: an absolute target, or one `..` too many. */
export function leadsOutside(path: string, target: string): boolean {
  if (target.startsWith("/")) return true;
  let depth = path.split("/").length - 1;
  for (const component of target.split("/")) {
    if (component === "..") depth--;
    else if (component !== "" && component !== ".") depth++;
    if (depth < 0) return true;
  }
  return false;
}
