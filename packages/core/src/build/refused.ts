import type { BuildFailure } from "@hafen/contract";

/** A build's end that is the user's to mend. */
export class BuildRefused extends Error {
  readonly failure: BuildFailure;
  constructor(failure: BuildFailure) {
    super(failure.detail);
    this.failure = failure;
  }
}
