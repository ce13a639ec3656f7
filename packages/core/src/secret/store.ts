import { newId, ProblemError, SECRET_BYTES, SECRETS_PER_USER, type Secret, type StoreSecret } from "@hafen/contract";
import { findSecret, listSecrets, putSecret } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { takeQuota } from "../quota.ts";
import { record } from "../record.ts";
import { seal } from "../sealed.ts";
import { describeSecret } from "./get.ts";
import { placeOfSecret, requireKeys } from "./keys.ts";

/** Keeps a value, in place of the one of before. It is sealed before anything else sees it; only a worker opens it. */
export async function storeSecret(ctx: Ctx, name: string, value: Uint8Array): Promise<Secret> {
  const { userId } = ctx.actor;
  const keys = requireKeys(ctx.secretKeys);
  if (value.length > SECRET_BYTES)
    throw new ProblemError(
      "body_too_large",
      `A secret has at most ${SECRET_BYTES} bytes; this one has ${value.length}.`,
    );
  const row = await ctx.db.transaction(async (tx) => {
    await takeQuota(tx, userId, {}); // holds the user's row: one at a time counts
    const known = await findSecret(tx, userId, name);
    if (!known && (await listSecrets(tx, userId)).length >= SECRETS_PER_USER)
      throw new ProblemError("quota_exceeded", `You have ${SECRETS_PER_USER} secrets, the most there may be.`);
    const id = known?.id ?? newId("secret");
    const sealedValue = seal(keys, value, placeOfSecret(userId, id));
    const stored = await putSecret(tx, { id, userId, name, sealedValue, sizeBytes: value.length });
    const { version } = stored;
    await record(tx, ctx.actor, {
      type: "secret.stored",
      action: "secret.store",
      subject: id,
      data: { name, version },
    });
    return stored;
  });
  return describeSecret(ctx.db, row);
}

/** The bytes of a value that came as JSON. */
export function secretValue({ value, encoding = "utf8" }: StoreSecret): Uint8Array {
  if (encoding === "utf8" && value.isWellFormed()) return Buffer.from(value);
  const bytes = Buffer.from(value, "base64");
  if (encoding === "base64" && bytes.toString("base64").replace(/=+$/, "") === value.replace(/=+$/, "")) return bytes;
  const detail = encoding === "base64" ? "must be base64" : "must hold no half of a surrogate pair";
  throw new ProblemError("invalid_request", `/value: ${detail}`, { errors: [{ pointer: "/value", detail }] });
}
