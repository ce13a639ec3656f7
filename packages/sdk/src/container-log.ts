import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { follow } from "./follow.ts";
import { parseJson } from "./json-text.ts";
import type { Transport } from "./transport.ts";
import type { LogLine } from "./wire.ts";

export interface ContainerLogOptions extends CallOptions {
  /** Stay until the container has ended; default false: what there is now. */
  follow?: boolean | undefined;
  /** Begin with the last so many lines. */
  tail?: number | undefined;
  /** RFC 3339: only what came after. */
  since?: string | Date | undefined;
  /** RFC 3339. */
  until?: string | Date | undefined;
  /** Default true. */
  stdout?: boolean | undefined;
  /** Default true. */
  stderr?: boolean | undefined;
}

function time(value: string | Date | undefined): string | undefined {
  return value instanceof Date ? value.toISOString() : value;
}

export async function* containerLog(
  transport: Transport,
  ref: string,
  options: ContainerLogOptions,
): AsyncGenerator<LogLine, void> {
  const events = follow(
    transport,
    {
      path: address`/v1/containers/${ref}/logs`,
      query: { follow: options.follow, until: time(options.until), stdout: options.stdout, stderr: options.stderr },
      beginning: { tail: options.tail, since: time(options.since) },
    },
    options,
  );
  for await (const { type, data } of events) {
    if (type === "end") return;
    if (type === "line") yield parseJson(data, "a line of the log") as LogLine;
  }
}
