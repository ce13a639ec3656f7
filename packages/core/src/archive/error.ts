/** What was wrong with something a user sent: an archive, a tar of files, a Dockerfile or an image reference. */
export type InputCode =
  | "context_invalid"
  | "context_truncated"
  | "context_entry_refused"
  | "context_too_large"
  | "archive_invalid"
  | "tar_invalid"
  | "tar_entry_refused"
  | "tar_too_large"
  | "dockerfile_missing"
  | "dockerfile_invalid"
  | "remote_add_refused"
  | "reference_invalid";

/** `detail` is for the user: which entry or line it was, and what to do. It never holds more of the input than a name. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly code: InputCode;
  readonly detail: string;

  constructor(code: InputCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
    this.detail = detail;
  }
}
