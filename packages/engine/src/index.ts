export { openDocker } from "./docker/driver.ts";
export * from "./engine.ts";
export { EngineError, type EngineErrorKind } from "./error.ts";
