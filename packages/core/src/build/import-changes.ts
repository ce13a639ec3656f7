import { ProblemError } from "@hafen/contract";
import { asProblem } from "../archive/as-problem.ts";
import { readChanges } from "../dockerfile/changes.ts";

/** Instructions for the configuration of a root file system, written anew. */
export function importChanges(texts: readonly string[]): string[] {
  const { instructions, stopSignal } = asProblem(() => readChanges(texts));
  if (stopSignal === undefined) return instructions;
  throw new ProblemError("dockerfile_invalid", "STOPSIGNAL cannot be set by an import. Build FROM the image instead.");
}
