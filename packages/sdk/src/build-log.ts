import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { follow } from "./follow.ts";
import { parseJson } from "./json-text.ts";
import type { Transport } from "./transport.ts";
import type { Build, BuildLogLine } from "./wire.ts";

export interface BuildLogOptions extends CallOptions {
  /** Stay until the build has ended; default false: what there is now. */
  follow?: boolean | undefined;
  /** The `id` of the last line seen: only what came after it. */
  lastEventId?: string | number | undefined;
}

/** The log's lines; returns the build as it was when the log ended. */
export async function* buildLog(
  transport: Transport,
  id: string,
  options: BuildLogOptions,
): AsyncGenerator<BuildLogLine, Build> {
  const events = follow(
    transport,
    {
      path: address`/v1/builds/${id}/logs`,
      query: { follow: options.follow },
      lastEventId: options.lastEventId === undefined ? undefined : String(options.lastEventId),
    },
    options,
  );
  for await (const { type, data } of events) {
    if (type === "end") return parseJson(data, "the end of the log") as Build;
    if (type === "line") yield parseJson(data, "a line of the log") as BuildLogLine;
  }
  throw new Error("unreachable: a followed stream ends only when its reader leaves");
}
