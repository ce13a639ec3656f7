import type { CommitOptions, EngineId } from "../engine.ts";
import { addImage, applyInstruction } from "./images.ts";
import { getContainer, type World } from "./world.ts";

export function commitContainer(world: World, id: EngineId, options: CommitOptions): string {
  const { info, spec, files, command } = getContainer(world, id);
  const image = world.images.get(info.imageId);
  const from = image?.config;
  const labels = Object.entries(info.labels).filter(([key]) => !options.withoutLabels.includes(key));
  const config = {
    entrypoint: spec.entrypoint ?? from?.entrypoint ?? [],
    command: spec.command ?? from?.command ?? [],
    env: [...(from?.env ?? []), ...spec.env],
    workingDir: spec.workingDir ?? from?.workingDir ?? "",
    user: spec.user ?? from?.user ?? "",
    exposedPorts: from?.exposedPorts ?? [],
    volumes: from?.volumes ?? [],
    labels: Object.fromEntries(labels),
    onBuild: [],
    ...((options.stopSignal ?? spec.stopSignal) && { stopSignal: options.stopSignal ?? spec.stopSignal }),
    ...(from?.healthcheck && { healthcheck: from.healthcheck }),
  };
  const made = addImage(
    world,
    image,
    options.changes.reduce(applyInstruction, config),
    new Map(files),
    command.join(" "),
  );
  world.tags.set(options.tag, made.id);
  return made.id;
}
