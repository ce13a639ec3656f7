import type { ContainerSpec, SecretFile } from "../engine.ts";
import { EngineError } from "../error.ts";
import type { Files } from "../tar.ts";
import type { World } from "./world.ts";

export function putSecretFiles(world: World, name: string, files: SecretFile[]): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) throw new EngineError("invalid", "not a container's name");
  world.secretFiles.set(name, structuredClone(files));
}

/** What a container that starts now sees, by where it sees it. */
export function secretsOf(world: World, { name, secretFiles = [] }: ContainerSpec): Files {
  const files = world.secretFiles.get(name) ?? [];
  return new Map(
    secretFiles.map(({ target }, at) => {
      const file = files[at];
      if (!file) throw new EngineError("invalid", `bind source path does not exist: ${target}`);
      return [target, file.content];
    }),
  );
}
