/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command could not do its work; the message is for people. */
export class Failure extends Error {
  override readonly name = "Failure";
  /** What the process ends with, where it is not the command's own code for failures. */
  readonly exitCode: number | undefined;

  constructor(message: string, { exitCode, ...options }: ErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
