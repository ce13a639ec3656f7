import type { EngineId, Limits } from "../engine.ts";
import { EngineError } from "../error.ts";
import { emit, getContainer, type World } from "./world.ts";

export function pauseContainer(world: World, id: EngineId): void {
  freeze(world, id, "pause", "paused");
}

export function unpauseContainer(world: World, id: EngineId): void {
  freeze(world, id, "unpause", "running");
}

/** What it prints meanwhile is printed at once: a scripted process has no time of its own. */
function freeze(world: World, id: EngineId, action: "pause" | "unpause", to: "paused" | "running"): void {
  const container = getContainer(world, id);
  if (!container.process) throw new EngineError("conflict", `container ${id} is not running`);
  if (container.info.state === to) return;
  container.info.state = to;
  emit(world, action, container);
}

export function updateContainer(world: World, id: EngineId, limits: Limits): void {
  const container = getContainer(world, id);
  container.spec = { ...container.spec, limits: { ...limits } };
}
