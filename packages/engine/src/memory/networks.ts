import type { EngineId, Label, NetworkInfo, NetworkSpec } from "../engine.ts";
import { EngineError } from "../error.ts";
import { getContainer, type World } from "./world.ts";

export function createNetwork(world: World, { name, labels }: NetworkSpec): void {
  if (!world.networks.has(name)) world.networks.set(name, { name, labels: { ...labels } });
}

export function setEndpoint(world: World, id: EngineId, network: string, aliases: string[]): void {
  if (!world.networks.has(network)) throw new EngineError("not_found", `no network ${network}`);
  getContainer(world, id).info.networks = { [network]: { aliases: [...aliases] } };
}

export function listNetworks(world: World, { key, value }: Label): NetworkInfo[] {
  return [...world.networks.values()]
    .filter(({ labels }) => labels[key] === value)
    .map((found) => structuredClone(found));
}

export function removeNetwork(world: World, name: string): void {
  const user = [...world.containers.values()].find(
    ({ spec, process }) => process && typeof spec.network === "object" && spec.network.name === name,
  );
  if (user) throw new EngineError("conflict", `network ${name} is in use by ${user.info.id}`);
  world.networks.delete(name);
}
