import type { Condition, ContainerRow } from "@hafen/db";
import type { AskCtx } from "../ctx.ts";
import { request, type ContainerKey } from "./request.ts";

/** Its volumes are kept; with `volumes`, its anonymous ones that nobody else mounts go too. */
export function removeContainer(
  ctx: AskCtx,
  key: ContainerKey,
  options: { force: boolean; volumes: boolean; unless?: Condition },
): Promise<ContainerRow> {
  return request(ctx, key, {
    action: options.force ? "forceRemove" : "remove",
    change: { state: "removing", removeVolumes: options.volumes },
    unless: options.unless,
  });
}
