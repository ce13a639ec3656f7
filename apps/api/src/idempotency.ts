import { createHash } from "node:crypto";
import { ProblemError } from "@hafen/contract";
import {
  describeBuild,
  describeContainer,
  describeGrant,
  describeImage,
  describeVolume,
  getBuildRow,
  getContainer,
  findImage,
  getVolume,
} from "@hafen/core";
import { claimKey, closeKey, findKey, isDispatched, recordAnswer, releaseKey } from "@hafen/db";
import type { Context } from "hono";
import type { AppEnv } from "./deps.ts";
import { outcomeUnknown } from "./dispatch.ts";

/** A claim whose process died is taken over after this; a verb's transaction takes milliseconds. */
const LOCK_SECONDS = 10;

export interface Answer {
  status: 200 | 201 | 202;
  body: unknown;
  /** The body holds a secret that is shown once: it is not kept. */
  secret?: boolean;
}

/**
 * Runs `act` once for each Idempotency-Key and request: the same key and body give the same answer for 24 h, another body is 422.
 * `fingerprint` stands for the body: its text, or the digest of an uploaded tar. A refused request leaves its key free.
 */
export async function idempotent(
  c: Context<AppEnv>,
  fingerprint: string,
  act: () => Promise<Answer>,
  lockSeconds = LOCK_SECONDS,
): Promise<Response> {
  const key = c.req.header("idempotency-key");
  const { ctx } = c.var;
  if (key === undefined) return answer(c, await act());
  const { userId } = ctx.actor;
  const url = new URL(c.req.url);
  const requestHash = createHash("sha256")
    .update(`${c.req.method} ${url.pathname}${url.search}\n${fingerprint}`)
    .digest("hex");

  const { claimed, row } = await claimKey(ctx.db, { userId, key, requestHash, lockSeconds });
  if (!claimed) {
    if (row && row.requestHash !== requestHash)
      throw new ProblemError(
        "idempotency_mismatch",
        "This Idempotency-Key came with another request before. Use a new key for a new request.",
      );
    if (row?.status != null && row.body !== null) return replay(c, row.status, row.body);
    if (row?.status != null && isDispatched(row.subject))
      throw new ProblemError(
        "secret_shown_once",
        "The first request was done, and its answer sent. It is not kept, since it may have held a secret.",
      );
    if (isDispatched(row?.subject) && !row?.underWay) throw outcomeUnknown();
    if (row?.subject != null && !isDispatched(row.subject)) return answer(c, await answerAgain(c, row.subject));
    throw new ProblemError(
      "idempotency_in_progress",
      "The first request with this Idempotency-Key is under way. Ask again in a moment.",
    );
  }
  ctx.actor.idempotencyKey = key;
  try {
    const result = await act();
    await recordAnswer(ctx.db, userId, key, {
      status: result.status,
      body: result.secret ? null : JSON.stringify(result.body),
    });
    return answer(c, result);
  } catch (error) {
    const end = error instanceof ProblemError && error.code === "outcome_unknown" ? closeKey : releaseKey;
    await end(ctx.db, userId, key, c.var.requestId).catch(() => {}); // else its lock runs out
    throw error;
  }
}

/** Whether a request with the same Idempotency-Key came before. */
export async function isRepeated(c: Context<AppEnv>): Promise<boolean> {
  const key = c.req.header("idempotency-key");
  const { db, actor } = c.var.ctx;
  return key !== undefined && (await findKey(db, actor.userId, key)) !== undefined;
}

function answer(c: Context<AppEnv>, { status, body }: Answer): Response {
  return c.json(body as object, status);
}

function replay(c: Context<AppEnv>, status: number, body: string): Response {
  c.header("idempotency-replayed", "true");
  c.header("content-type", "application/json");
  return c.body(body, status as 200);
}

/** The first answer was lost with its process, but what it made is known: it is shown as it is now. */
async function answerAgain(c: Context<AppEnv>, subject: string): Promise<Answer> {
  const { db, actor } = c.var.ctx;
  c.header("idempotency-replayed", "true");
  switch (subject.slice(0, 4)) {
    case "ctr_":
      return {
        status: 202,
        body: await describeContainer(c.var.ctx, await getContainer(db, actor.userId, { ref: subject })),
      };
    case "bld_":
      return { status: 202, body: await describeBuild(db, await getBuildRow(db, actor.userId, subject)) };
    case "vol_":
      return { status: 201, body: await describeVolume(db, actor.userId, await getVolume(db, actor.userId, subject)) };
    case "img_":
      return { status: 200, body: await describeImage(db, actor.userId, await findImage(db, actor.userId, subject)) };
    case "gra_":
      return { status: 201, body: await describeGrant(db, actor.userId, subject) };
    default:
      throw new ProblemError(
        "secret_shown_once",
        `The first request made ${subject}; its secret was shown then, and is not kept. Make another if that answer is lost.`,
        { subject },
      );
  }
}
