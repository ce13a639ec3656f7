export * from "./builds.ts";
export * from "./containers.ts";
export * from "./images.ts";
export * from "./measures.ts";
export * from "./streams.ts";
export * from "./system.ts";
export * from "./users.ts";
export * from "./volumes.ts";
