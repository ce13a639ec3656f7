export { makeBusybox } from "./busybox.ts";
export { makeDebian } from "./debian.ts";
