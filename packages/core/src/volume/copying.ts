import { ProblemError } from "@hafen/contract";
import type { VolumeRow } from "@hafen/db";

/** Why a volume that is not whole yet is not used. */
export function stillCopying({ name }: VolumeRow): ProblemError {
  return new ProblemError("volume_copying", `${name} still gets its data. Wait until it is ready, or remove it.`);
}
