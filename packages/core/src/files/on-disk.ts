import { ProblemError } from "@hafen/contract";
import type { HostCtx } from "../ctx.ts";
import { cleanPath } from "./clean-path.ts";
import type { Place } from "./place.ts";

export function refuseInMemory(place: Place, path: string): void {
  const root = place.inMemory?.(path);
  if (root !== undefined)
    throw new ProblemError("path_in_memory", `${root} is not on a disk: use exec there, as with cat or tar.`);
}

/** Refuses a path whose links lead off the disk, and returns it without them; a link at its end is followed when it is to be. */
export async function onDisk(ctx: HostCtx, place: Place, end: "link" | "followed"): Promise<string> {
  const clean = cleanPath(place.path);
  if (!place.inMemory) return clean;
  refuseInMemory(place, clean);
  const names = clean.split("/").filter(Boolean);
  let real = "";
  for (const [at, name] of names.entries()) {
    real += `/${name}`;
    if (end === "link" && at === names.length - 1) break;
    const info = await ctx.engine.statPath(place.engineId, real, { signal: place.signal });
    // The engine has followed it to its end.
    if (info?.type === "symlink") real = (info.linkTarget ?? "").replace(/\/$/, "");
  }
  refuseInMemory(place, real);
  return real === "" ? "/" : real;
}
