import { newId, ProblemError, type CreateGrant, type Grant } from "@hafen/contract";
import {
  findUser,
  grantsOf,
  grantsTo,
  insertEvent,
  insertGrant,
  lockImage,
  namesOfGranted,
  revokeGrantRow,
  runningByRevoked,
  shareVolumes,
  type ContainerRow,
  type Db,
  type NamedGrant,
} from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { findImage } from "../image/find.ts";
import { readPage, toPage } from "../page.ts";
import { record } from "../record.ts";
import { getVolume } from "../volume/create.ts";
import { stopRevoked } from "./revoked.ts";

export type Granted = { type: "image" | "volume"; ref: string };

/** Lets another user read or use an image or a volume of one's own. They cannot grant it on. */
export async function createGrant(ctx: Ctx, thing: Granted, { user, access }: CreateGrant): Promise<Grant> {
  const { userId } = ctx.actor;
  const subject = await ownThing(ctx.db, userId, thing);
  const grantee = await findUser(ctx.db, user);
  if (!grantee) throw new ProblemError("user_not_found", `There is no user ${user}.`);
  if (grantee.id === userId) throw new ProblemError("invalid_request", "It is yours already; name another user.");
  const made = await ctx.db.transaction(async (tx) => {
    const held =
      thing.type === "image" ? await lockImage(tx, subject, "share") : (await shareVolumes(tx, userId, [subject]))[0];
    if (!held) throw new ProblemError(`${thing.type}_not_found`, `${thing.ref} is being removed.`);
    const row = await insertGrant(tx, {
      id: newId("grant"),
      ownerId: userId,
      granteeId: grantee.id,
      ...(thing.type === "image" ? { imageId: subject } : { volumeId: subject }),
      access,
    });
    if (!row)
      throw new ProblemError(
        "name_taken",
        `${grantee.name} has a grant of it already. Revoke that one to give another.`,
      );
    const data = { subject, access, grantId: row.id };
    await Promise.all([
      record(tx, ctx.actor, {
        type: "grant.created",
        action: "grant.create",
        subject: row.id,
        data: { ...data, grantee: grantee.name },
        made: true,
      }),
      insertEvent(tx, { userId: grantee.id, type: "grant.received", subject: row.id, data }),
    ]);
    return row;
  });
  return describeGrant(ctx.db, userId, made.id);
}

/** One that this user gave. */
export async function describeGrant(db: Db, userId: string, id: string): Promise<Grant> {
  const [grant] = await describe(db, await grantsOf(db, { ownerId: userId, id }));
  if (!grant) throw new ProblemError("grant_not_found", `The grant ${id} was revoked.`);
  return grant;
}

/** Ends it: what is asked by it is refused from then on, and containers that run by it are stopped. */
export async function revokeGrant(ctx: Ctx, thing: Granted, id: string): Promise<void> {
  const { userId } = ctx.actor;
  const subject = await ownThing(ctx.db, userId, thing);
  const stopped = await ctx.db.transaction(async (tx) => {
    const row = await revokeGrantRow(tx, userId, id);
    if (!row || (row.imageId ?? row.volumeId) !== subject)
      throw new ProblemError("grant_not_found", `There is no grant ${id} of ${thing.ref}.`);
    const data = { subject, grantId: id };
    await Promise.all([
      record(tx, ctx.actor, { type: "grant.revoked", action: "grant.revoke", subject: id, data }),
      insertEvent(tx, { userId: row.granteeId, type: "grant.ended", subject: id, data }),
    ]);
    const moved: (ContainerRow | undefined)[] = [];
    for (const container of await runningByRevoked(tx, { grantId: id })) moved.push(await stopRevoked(tx, container));
    return moved.flatMap((container) => container ?? []);
  });
  for (const { hostId, id: container, generation } of stopped)
    await ctx.jobs.enqueue(hostId, "container.converge", { id: container, generation });
}

/** Those that the owner of a thing gave of it. */
export async function listGrants(db: Db, userId: string, thing: Granted): Promise<Grant[]> {
  const subject = await ownThing(db, userId, thing);
  return describe(db, await grantsOf(db, thing.type === "image" ? { imageId: subject } : { volumeId: subject }));
}

/** Those that others gave to this user. */
export async function listReceived(
  db: Db,
  userId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: Grant[]; nextCursor: string | null }> {
  const { rows, nextCursor } = toPage(await grantsTo(db, userId, readPage(query)), query.limit);
  return { items: await describe(db, rows), nextCursor };
}

async function ownThing(db: Db, userId: string, { type, ref }: Granted): Promise<string> {
  if (type === "volume") return (await getVolume(db, userId, ref)).id;
  const image = await findImage(db, userId, ref);
  if (image.userId !== userId) throw new ProblemError("image_not_found", `${ref} is another user's.`);
  return image.id;
}

async function describe(db: Db, rows: NamedGrant[]): Promise<Grant[]> {
  const names = await namesOfGranted(db, rows);
  return rows.map((row) => {
    const subject = row.imageId ?? row.volumeId ?? "";
    return {
      id: row.id,
      owner: row.owner,
      grantee: row.grantee,
      type: row.imageId === null ? "volume" : "image",
      subject,
      names: (names.get(subject) ?? []).map((name) => `@${row.owner}/${name}`),
      access: row.access,
      createdAt: row.createdAt.toISOString(),
    };
  });
}
