import { on } from "../flags.ts";

/** Docker's. */
export const COPY_FLAGS = {
  followLink: on("L", "Copy what a link given as the source leads to, not the link"),
  archive: on("a", "Keep owners"),
  quiet: on("q", "Say nothing while large files are copied"),
};
