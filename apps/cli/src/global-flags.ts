import { on, one } from "./flags.ts";

/** Before the command, and with every command that has none of the same name. */
export const GLOBAL_FLAGS = {
  json: on("Print the API's objects"),
  verbose: on("Say on stderr which service is used"),
  context: one("NAME", ["Use this stored service"]),
  help: on("h", "Show this"),
};

/** Before the command only. */
export const TOP_FLAGS = { version: on("v", "Show the version") };
