import { ProblemError } from "@hafen/contract";
import { notLying, overdueBuilds, overdueContainers, type Db, type Overdue } from "@hafen/db";
import type { Jobs } from "@hafen/queue";
import { removeBuild } from "../build/remove.ts";
import { removeContainer } from "../container/remove.ts";
import type { AskCtx } from "../ctx.ts";

const BATCH = 100;

/**
 * Removes what is past what its owner said, by the verbs that the owner would use: same locks, events and audit lines, which say
 * `via: retention`. Volumes stay, anonymous ones too. Any worker may do this at any time: of two, one finds the row gone.
 */
export async function applyRetention(ctx: { db: Db; jobs: Jobs }): Promise<void> {
  await inBatches(ctx, overdueContainers, (asking, { id, days }) =>
    removeContainer(asking, { ref: id }, { force: false, volumes: false, unless: notLying(days) }),
  );
  await inBatches(ctx, overdueBuilds, (asking, { id }) => removeBuild(asking, id));
}

/** Until there is none left, or a whole batch will not go: the next round comes in a minute. */
async function inBatches(
  ctx: { db: Db; jobs: Jobs },
  list: (db: Db, limit: number) => Promise<Overdue[]>,
  remove: (ctx: AskCtx, overdue: Overdue) => Promise<unknown>,
): Promise<void> {
  for (;;) {
    const batch = await list(ctx.db, BATCH);
    let gone = 0;
    for (const overdue of batch) {
      const { userId } = overdue;
      try {
        await remove({ ...ctx, actor: { userId, scopes: ["write"], via: "retention" } }, overdue);
        gone += 1;
      } catch (error) {
        // Started, or removed, since the batch was read.
        if (!(error instanceof ProblemError)) throw error;
      }
    }
    if (batch.length < BATCH || gone === 0) return;
  }
}
