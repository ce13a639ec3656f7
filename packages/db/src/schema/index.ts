export * from "./builds.ts";
export * from "./containers.ts";
export * from "./events.ts";
export * from "./hosts.ts";
export * from "./images.ts";
export * from "./users.ts";
export * from "./volumes.ts";
