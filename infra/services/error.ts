export type ServiceErrorCode = "missing" | "busy" | "start_failed" | "wrong_version" | "unreachable";

/** Something the machine lacks or refuses. The message is written for the person at the terminal. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: ServiceErrorCode;

  constructor(code: ServiceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
