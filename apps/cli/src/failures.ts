/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command could not do its work; the message is for people. */
export class Failure extends Error {
  override readonly name = "Failure";
}
