import { UsageError } from "../../failures.ts";

/** The image or the volume that a command line names: `image app:1`. */
export function grantOf(type: string, ref: string): { image: string } | { volume: string } {
  if (type === "image") return { image: ref };
  if (type === "volume") return { volume: ref };
  throw new UsageError(`image or volume, then which; not ${type}`);
}
