/**
 * Why the engine did not do it. Core's `giveUp` decides from the kind whether a container's step is tried again:
 * - `not_found`: the container, image, path or volume is not there;
 * - `conflict`: it is, but in a state that forbids this;
 * - `invalid`: the request can never work (command not in the image, bad user, bad mount target);
 * - `not_directory`: the path is one of a file, or leads through a file;
 * - `read_only`: the path is in a root or volume that may not be written;
 * - `no_space`: the engine's disk is full;
 * - `unavailable`: the engine does not answer or answered with its own failure: try again;
 * - `aborted`: the caller's signal.
 */
export type EngineErrorKind =
  | "not_found"
  | "conflict"
  | "invalid"
  | "not_directory"
  | "read_only"
  | "no_space"
  | "unavailable"
  | "aborted";

/** Its message holds an engine's words, which may be a user's; it can be stored: no NUL, no half of a character. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly kind: EngineErrorKind;

  constructor(kind: EngineErrorKind, message: string, options?: ErrorOptions) {
    super(message.replaceAll("\0", "\uFFFD").toWellFormed(), options);
    this.kind = kind;
  }
}
