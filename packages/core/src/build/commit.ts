import { can, type CommitContainer } from "@hafen/contract";
import type { BuildRow } from "@hafen/db";
import { asProblem } from "../archive/as-problem.ts";
import { getContainer, wrongState, type ContainerKey } from "../container/request.ts";
import type { Ctx } from "../ctx.ts";
import { readChanges } from "../dockerfile/changes.ts";
import { parseTag } from "../image/find.ts";
import { BUILD_QUOTA } from "./limits.ts";
import { queueBuild } from "./queue.ts";

/** Asks for an image of a container's files and configuration; its host makes it, as a build. */
export async function commitContainer(ctx: Ctx, key: ContainerKey, input: CommitContainer): Promise<BuildRow> {
  const { tag, message = "", author = "", changes = [], pause = true } = input;
  const container = await getContainer(ctx.db, ctx.actor.userId, key);
  if (!can("commit", container.state)) throw wrongState(container, "commit");
  asProblem(() => readChanges(changes));
  return queueBuild(
    ctx,
    {
      hostId: container.hostId,
      kind: "commit",
      tag: tag === undefined || tag === "" ? null : parseTag(tag),
      source: { containerId: container.id, pause, message, author, changes },
    },
    { action: "container.commit", quota: BUILD_QUOTA },
  );
}
