export { openDocker } from "./docker/driver.ts";
export { toCreateOptions } from "./docker/host-config.ts";
export type * from "./engine.ts";
export { EngineError, type EngineErrorKind } from "./error.ts";
export { type MemoryEngine, openMemory } from "./memory/driver.ts";
