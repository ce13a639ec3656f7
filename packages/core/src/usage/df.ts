import type { DiskUsage, State } from "@hafen/contract";
import { buildEnded } from "@hafen/contract";
import {
  heldBuilds,
  heldContainers,
  heldImages,
  heldVolumes,
  tagsOf,
  type Db,
  type HeldBuild,
  type HeldContainer,
  type HeldImage,
  type HeldVolume,
} from "@hafen/db";
import { forestBytes, plant, shares, uproot } from "../image/layer-forest.ts";
import { layeredOf } from "../image/layered.ts";
import type { HostUsage } from "./on-host.ts";

const UP: readonly State[] = ["running", "paused", "restarting"];
/** Of these nothing is said to be free: they run, or are on their way. */
const BUSY: readonly State[] = [...UP, "pending", "removing", "lost"];

/** What a user's hosts told, together. */
export interface UserUsage extends HostUsage {
  unreachable: DiskUsage["unreachable"];
}

/** What the user's things take: counted from the rows, with the hosts' bytes. `docker system df` as the user of a shared machine sees it. */
export async function describeUsage(db: Db, userId: string, usage: UserUsage, verbose: boolean): Promise<DiskUsage> {
  const [images, containers, volumes, builds] = await Promise.all([
    heldImages(db, userId),
    heldContainers(db, userId),
    heldVolumes(db, userId),
    heldBuilds(db, userId),
  ]);
  return {
    images: await ofImages(db, userId, images, verbose),
    containers: ofContainers(containers, usage, verbose),
    volumes: ofVolumes(volumes, usage, verbose),
    builds: ofBuilds(builds, verbose),
    unreachable: usage.unreachable,
  };
}

async function ofImages(db: Db, userId: string, held: HeldImage[], verbose: boolean): Promise<DiskUsage["images"]> {
  const own = held.filter((image) => image.userId === userId);
  const inUse = (image: HeldImage) => image.madeInto.length > 0 || image.usedByOthers;
  const layered = new Map((await layeredOf(db, held)).map((image) => [image.id, image]));
  const layeredOwn = own.flatMap(({ id }) => layered.get(id) ?? []);
  const forest = plant(layered.values());
  const tags = verbose
    ? Map.groupBy(
        await tagsOf(
          db,
          userId,
          own.map(({ id }) => id),
        ),
        ({ imageId }) => imageId,
      )
    : undefined;
  const items = own.flatMap((image) => {
    const layers = layered.get(image.id);
    if (!layers || !tags) return [];
    return {
      id: image.id,
      tags: (tags.get(image.id) ?? []).map(({ name }) => name),
      digest: image.digest,
      sizeBytes: image.sizeBytes,
      ...shares(forest, layers),
      containers: image.madeInto.length,
      createdAt: image.createdAt.toISOString(),
    };
  });
  // What goes is taken out of the forest one after the other, so that a layer that two of them have counts once.
  const going = own.filter((image) => !inUse(image) && !image.catalog).flatMap(({ id }) => layered.get(id) ?? []);
  return {
    count: own.length,
    inUse: own.filter(inUse).length,
    bytes: forestBytes(plant(layeredOwn)),
    reclaimableBytes: sum(going.map((image) => uproot(forest, image))),
    items: verbose ? items : null,
  };
}

function ofContainers(held: HeldContainer[], usage: UserUsage, verbose: boolean): DiskUsage["containers"] {
  const bytesOf = ({ id }: HeldContainer) => usage.containers[id]?.writableBytes ?? null;
  return {
    count: held.length,
    running: held.filter(({ state }) => UP.includes(state)).length,
    writableBytes: sum(held.map(bytesOf)),
    reclaimableBytes: sum(held.filter(({ state, startDue }) => !startDue && !BUSY.includes(state)).map(bytesOf)),
    items: verbose
      ? held.map((row) => ({
          id: row.id,
          name: row.name,
          image: row.imageReference,
          state: row.state,
          writableBytes: bytesOf(row),
          mounts: row.volumes,
          createdAt: row.createdAt.toISOString(),
        }))
      : null,
  };
}

function ofVolumes(held: HeldVolume[], usage: UserUsage, verbose: boolean): DiskUsage["volumes"] {
  const bytesOf = ({ id, hostId }: HeldVolume) => (hostId === null ? 0 : (usage.volumes[id] ?? null));
  const unused = held.filter(({ mountedBy }) => mountedBy.length === 0);
  return {
    count: held.length,
    inUse: held.length - unused.length,
    usedBytes: sum(held.map(bytesOf)),
    reclaimableBytes: sum(unused.map(bytesOf)),
    items: verbose
      ? held.map((row) => ({
          id: row.id,
          name: row.name,
          anonymous: row.anonymous,
          state: row.state,
          usedBytes: bytesOf(row),
          containers: row.mountedBy.length,
        }))
      : null,
  };
}

function ofBuilds(held: HeldBuild[], verbose: boolean): DiskUsage["builds"] {
  const ended = held.filter(({ state }) => buildEnded(state));
  return {
    count: held.length,
    open: held.length - ended.length,
    logBytes: sum(held.map(({ logBytes }) => logBytes)),
    contextBytes: sum(held.map(({ contextBytes }) => contextBytes)),
    reclaimableBytes: sum(ended.map(({ logBytes, contextBytes }) => logBytes + contextBytes)),
    items: verbose
      ? held.map(({ id, tag, state, logBytes, contextBytes, createdAt }) => ({
          id,
          tag,
          state,
          logBytes,
          contextBytes,
          createdAt: createdAt.toISOString(),
        }))
      : null,
  };
}

function sum(numbers: (number | null)[]): number {
  return numbers.reduce<number>((total, bytes) => total + (bytes ?? 0), 0);
}
