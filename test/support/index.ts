export { cloneDatabase, databaseUrl, type TestDatabase } from "./database.ts";
export { requireEnv } from "./environment.ts";
export { eventually, eventuallyHolds } from "./eventually.ts";
export { importBusybox, startWorld, type Process, type World, type WorldOptions } from "./world.ts";
