export { Workload } from "./workload.ts";
export { assertConverges, differences, type Exceptions } from "./consistency.ts";
export { cloneDatabase, databaseUrl, type TestDatabase } from "./database.ts";
export { eventually, eventuallyHolds } from "./eventually.ts";
export { importBusybox, startWorld, type Process, type World, type WorldOptions } from "./world.ts";
export { importNode } from "./node-image.ts";
export { openOwnEngine, type OwnEngine } from "./own-engine.ts";
export { openRedis, type OwnRedis } from "./own-redis.ts";
export { requireEnv } from "./environment.ts";
