import { HostPath, ProblemError } from "@hafen/contract";
import { findVolume, placeVolumes, volumeById, type VolumeRow } from "@hafen/db";
import type { Ctx, HostCtx } from "../ctx.ts";
import { cleanPath } from "../files/clean-path.ts";
import type { Place } from "../files/place.ts";
import { accessibleVolume } from "../grant/volume.ts";
import { chooseHost } from "../host/hosts.ts";
import { stillCopying } from "./copying.ts";
import { createVolume, namedBy } from "./create.ts";
import { openHelper, VOLUME } from "./helper.ts";

/**
 * The volume whose files are asked for. One that has never been on a host is put on one when it is to be written, and a path of the
 * virtual host tree is made then, as when it is mounted.
 */
export async function volumeWithFiles(ctx: Ctx, ref: string, use: "read" | "write"): Promise<VolumeRow> {
  if (use === "write") await makeIfPath(ctx, ref);
  const row = await accessibleVolume(ctx.db, ctx.actor.userId, ref, use === "write" ? "use" : "read");
  if (row.state === "copying") throw stillCopying(row);
  if (row.state === "removing") throw notFound(row.name);
  if (row.hostId !== null || use === "read") return row;
  const hostId = await chooseHost(ctx.db);
  if (hostId === null)
    throw new ProblemError("host_unreachable", "No host is there to keep the files. Try again soon.");
  await placeVolumes(ctx.db, [row.id], hostId);
  // Another request may have been quicker, on another host.
  return (await volumeById(ctx.db, row.id)) ?? row;
}

async function makeIfPath(ctx: Ctx, ref: string): Promise<void> {
  if (!HostPath.safeParse(ref).success || (await findVolume(ctx.db, ctx.actor.userId, namedBy(ref).name))) return;
  try {
    await createVolume(ctx, { name: ref });
  } catch (error) {
    // Another request was quicker.
    if (!(error instanceof ProblemError) || error.code !== "name_taken") throw error;
  }
}

/** The host's half: a path of a volume, its root being `/`. */
export async function volumePlace(
  ctx: HostCtx,
  id: string,
  path: string,
  use: "read" | "write",
  signal: AbortSignal,
): Promise<Place> {
  const helper = await openHelper(ctx, id, use, signal);
  const inside = cleanPath(path);
  return {
    engineId: helper.engineId,
    // The whole volume comes without a name of its own before its entries.
    path: inside === "/" ? `${VOLUME}/.` : `${VOLUME}${inside}`,
    shown: path,
    owner: "the volume",
    signal: helper.signal,
    reach: (target) => (target.startsWith(`${VOLUME}/`) ? target.slice(VOLUME.length) : undefined),
    gone: () => notFound(id),
    wrongState: () => notFound(id),
    [Symbol.asyncDispose]: () => helper[Symbol.asyncDispose](),
  };
}

function notFound(name: string): ProblemError {
  return new ProblemError("volume_not_found", `The volume ${name} is being removed.`);
}
