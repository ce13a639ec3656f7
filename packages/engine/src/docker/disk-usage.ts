import { setTimeout as delay } from "node:timers/promises";
import type { ContainerSize, DiskUsage, EngineId, Op } from "../engine.ts";
import { EngineError } from "../error.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { checkedName, type Client, getJson } from "./client.ts";
import { absent } from "./containers.ts";

const ASK_AGAIN_MS = 250;

/** Fields that are 0 are left out of the engine's answer. */
interface RawSize {
  SizeRw?: number;
  SizeRootFs?: number;
}
interface RawUsage {
  Containers: ({ Id: string; Names: string[] } & RawSize)[] | null;
  Volumes: { Name: string; UsageData?: { Size: number } | null }[] | null;
  Images: { Id: string; Size: number; SharedSize: number }[] | null;
}

/** One walk for all who ask while it is under way; the one who leaves does not end it for the others. */
export function diskUsage(client: Client, op?: Op): Promise<DiskUsage> {
  return call("disk usage", DEADLINES_MS.walk, op, () => {
    client.walk ??= walk(client).finally(() => (client.walk = undefined));
    return client.walk;
  });
}

/** Engines before 23 refuse a second walk: some other process's is under way, and ours comes after it. */
async function walk(client: Client): Promise<DiskUsage> {
  const end = performance.now() + DEADLINES_MS.walk;
  for (;;) {
    try {
      return await call("disk usage", end - performance.now(), undefined, async (abortSignal) =>
        toDiskUsage(await getJson<RawUsage>(client, "/system/df", {}, abortSignal)),
      );
    } catch (error) {
      if (!(error instanceof EngineError && /disk usage operation is already running/.test(error.message))) throw error;
    }
    await delay(ASK_AGAIN_MS);
  }
}

export async function containerSize(client: Client, id: EngineId, op?: Op): Promise<ContainerSize | undefined> {
  const found = await call(`size of ${id}`, DEADLINES_MS.remove, op, (abortSignal) =>
    getJson<RawSize>(client, `/containers/${checkedName(id)}/json`, { size: "1" }, abortSignal).catch(absent),
  );
  return found && toSize(found);
}

function toSize({ SizeRw = 0, SizeRootFs = 0 }: RawSize): ContainerSize {
  return { writableBytes: SizeRw, rootBytes: SizeRootFs };
}

function toDiskUsage({ Containers, Volumes, Images }: RawUsage): DiskUsage {
  return {
    containers: (Containers ?? []).map((found) => ({
      id: found.Id,
      name: (found.Names[0] ?? "").replace(/^\//, ""),
      ...toSize(found),
    })),
    // -1 where the engine could not count.
    volumes: (Volumes ?? []).flatMap(({ Name, UsageData }) =>
      UsageData && UsageData.Size >= 0 ? [{ name: Name, bytes: UsageData.Size }] : [],
    ),
    images: (Images ?? []).map(({ Id, Size, SharedSize }) => ({
      id: Id,
      sizeBytes: Size,
      sharedBytes: Math.max(0, SharedSize),
    })),
  };
}
