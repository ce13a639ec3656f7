import { ProblemError } from "@hafen/contract";
import type { Page } from "@hafen/db";

/** A cursor is the last id of its page, encoded so that nobody builds one by hand and it can change its form. */
export function readPage(query: { limit: number; cursor?: string | undefined }): Page {
  if (query.cursor === undefined) return { limit: query.limit + 1 };
  const after = Buffer.from(query.cursor, "base64url").toString();
  if (!/^[a-z]{3}_[0-9a-z]{26}$/.test(after))
    throw new ProblemError("invalid_request", "The cursor is not one that a list gave.", {
      errors: [{ pointer: "?cursor", detail: "not a cursor" }],
    });
  return { limit: query.limit + 1, after };
}

/** Lists read one row more than asked for: that there is one says that there is a next page. */
export function toPage<T extends { id: string }>(rows: T[], limit: number): { rows: T[]; nextCursor: string | null } {
  if (rows.length <= limit) return { rows, nextCursor: null };
  const kept = rows.slice(0, limit);
  return { rows: kept, nextCursor: Buffer.from(kept.at(-1)?.id ?? "").toString("base64url") };
}
