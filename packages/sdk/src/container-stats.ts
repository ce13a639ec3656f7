import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { follow } from "./follow.ts";
import { parseJson } from "./json-text.ts";
import type { Transport } from "./transport.ts";
import type { ContainerStats } from "./wire.ts";

/** Over a broken connection it goes on with the next sample: none is kept. */
export async function* containerStats(
  transport: Transport,
  ref: string,
  options: CallOptions,
): AsyncGenerator<ContainerStats, void> {
  for await (const { type, data } of follow(
    transport,
    { path: address`/v1/containers/${ref}/stats`, query: {} },
    options,
  )) {
    if (type === "end") return;
    if (type === "stats") yield parseJson(data, "a sample") as ContainerStats;
  }
}
