import { ProblemError } from "@hafen/contract";
import { InputError } from "../archive/error.ts";
import { readChanges } from "../dockerfile/changes.ts";

/** Instructions for the configuration of a root file system, written anew. */
export function importChanges(texts: readonly string[]): string[] {
  try {
    const { instructions, stopSignal } = readChanges(texts);
    if (stopSignal === undefined) return instructions;
    throw new InputError("dockerfile_invalid", "STOPSIGNAL cannot be set by an import. Build FROM the image instead.");
  } catch (error) {
    throw error instanceof InputError ? new ProblemError(error.code, error.detail) : error;
  }
}
