import { newId, type Quota } from "@hafen/contract";
import { insertBuild, type BuildRow, type Db } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { keepCatalogNames } from "../image/catalog.ts";
import { takeQuota } from "../quota.ts";
import { record } from "../record.ts";

type NewRow = Parameters<typeof insertBuild>[1];
type Given = Omit<NewRow, "id" | "userId" | Unused> & Partial<Pick<NewRow, Unused>>;
/** Of a Dockerfile alone; what else makes an image has none of it. */
type Unused = "dockerfile" | "dockerfileText" | "buildArgs" | "labels" | "noCache";

/** Makes a build's row, with quota, event and audit line in one transaction, and nudges its host, or any when it has none yet. */
export async function queueBuild(
  ctx: Ctx,
  build: Given,
  { action, quota, within }: { action: string; quota: Partial<Quota>; within?: (tx: Db) => Promise<unknown> },
): Promise<BuildRow> {
  const { userId } = ctx.actor;
  const row = await ctx.db.transaction(async (tx) => {
    await takeQuota(tx, userId, quota);
    await within?.(tx);
    await keepCatalogNames(tx, ctx.actor, [build.tag, ...(build.source?.tags ?? [])]);
    const made = await insertBuild(tx, {
      dockerfile: "",
      dockerfileText: "",
      buildArgs: {},
      labels: {},
      noCache: false,
      ...build,
      id: newId("build"),
      userId,
    });
    await record(tx, ctx.actor, {
      type: "build.queued",
      action,
      subject: made.id,
      data: { tag: made.tag },
      made: true,
    });
    return made;
  });
  await ctx.jobs.enqueue(row.hostId, "build.run", { id: row.id, generation: row.attempt });
  return row;
}
