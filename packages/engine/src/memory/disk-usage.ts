import type { ContainerSize, DiskUsage, EngineId } from "../engine.ts";
import type { Files } from "../tar.ts";
import { type Container, findContainer, type World } from "./world.ts";

export function diskUsage(world: World): DiskUsage {
  const images = [...world.images.values()];
  const holders = (diffId: string) => images.filter(({ diffIds }) => diffIds.includes(diffId)).length;
  return {
    containers: [...world.containers.values()].map((container) => ({
      id: container.info.id,
      name: container.info.name,
      ...sizeOf(world, container),
    })),
    volumes: [...world.volumes.values()].map(({ name, files }) => ({ name, bytes: bytesOf(files) })),
    images: images.map(({ id, files, diffIds }) => ({
      id,
      sizeBytes: bytesOf(files),
      sharedBytes: diffIds.every((diffId) => holders(diffId) > 1) ? bytesOf(files) : 0,
    })),
  };
}

export function containerSize(world: World, id: EngineId): ContainerSize | undefined {
  const container = findContainer(world, id);
  return container && sizeOf(world, container);
}

function sizeOf(world: World, { info, files }: Container): ContainerSize {
  const image = world.images.get(info.imageId)?.files;
  const written = new Map([...files].filter(([path, data]) => image?.get(path) !== data));
  return { writableBytes: bytesOf(written), rootBytes: bytesOf(files) };
}

function bytesOf(files: Files): number {
  return [...files.values()].reduce((sum, data) => sum + data.length, 0);
}
