/** What the fault and abuse tests need to take an engine of their own apart and to look at what is left. */
export { removeCgroups } from "../services/cgroups.ts";
export { openEngine } from "../services/engine.ts";
export { openPostgres } from "../services/postgres.ts";
export { openPlaces, type Places } from "../services/places.ts";
export { commandLine, findProcesses, isAlive, pidFrom, stopProcess } from "../services/processes.ts";
export { findShims } from "../services/shims.ts";
export { removeContainers } from "./leftovers.ts";
export { insideOf, namespaceOf } from "./namespace.ts";
export { openRegistry, type TestRegistry } from "./registry.ts";
export { runTests } from "./run.ts";
export { runSession } from "./session.ts";
