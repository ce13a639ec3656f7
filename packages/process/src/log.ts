import { pino, type Logger } from "pino";

export type Log = Logger;

const SECRETS = ["apiKey", "authorization", "cookie", "password", "secret", "env", "buildArgs", "body"];

/** JSON lines on standard output. Secrets are redacted by name, down to those of a request's headers, in case an object with one is logged. */
export function openLog(name: string, level: string): Log {
  return pino({
    name,
    level,
    base: { pid: process.pid },
    redact: {
      paths: SECRETS.flatMap((secret) => [secret, `*.${secret}`, `*.*.${secret}`]),
      censor: "[redacted]",
    },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}

/** An error as log fields: its kind and text, with causes, without the query that a database driver puts into the message. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  const cause = error.cause === undefined ? {} : { cause: errorFields(error.cause) };
  if (error.name === "DrizzleQueryError" || error.message.startsWith("Failed query"))
    return { error: "database query failed", ...cause };
  return {
    error: `${error.name}: ${error.message}`,
    stack: error.stack
      ?.split("\n")
      .slice(1, 6)
      .map((line) => line.trim()),
    ...cause,
  };
}
