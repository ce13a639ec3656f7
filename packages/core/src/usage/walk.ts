import type { ContainerSize } from "@hafen/contract";
import type { Engine } from "@hafen/engine";

/** By Hafen's ids, which are the engine's names. */
export interface Walked {
  containers: ReadonlyMap<string, ContainerSize>;
  volumes: ReadonlyMap<string, number>;
}
interface Walk {
  found: Promise<Walked>;
  /** Undefined while it is under way. */
  endedAtMs?: number;
}

/** A walk costs the engine seconds of disk, so that what is asked for within this is told from the last one. */
const FRESH_MS = 10_000;
const walks = new WeakMap<Engine, Walk>();

/** What lies on the engine's disk, from the walk under way or one that ended not longer ago: one for all users who ask. */
export function walkedWithin(engine: Engine, maxAgeMs: number = FRESH_MS): Promise<Walked> {
  const last = walks.get(engine);
  if (last && (last.endedAtMs === undefined || performance.now() - last.endedAtMs < maxAgeMs)) return last.found;
  const walk: Walk = { found: take(engine) };
  walks.set(engine, walk);
  walk.found.then(
    () => (walk.endedAtMs = performance.now()),
    () => walks.delete(engine),
  );
  return walk.found;
}

async function take(engine: Engine): Promise<Walked> {
  const { containers, volumes } = await engine.diskUsage();
  return {
    containers: new Map(
      containers.map(({ name, writableBytes, rootBytes }) => [name, { writableBytes, rootBytes }] as const),
    ),
    volumes: new Map(volumes.map(({ name, bytes }) => [name, bytes] as const)),
  };
}
