import { createRoute, z } from "@hono/zod-openapi";
import { PROBLEMS, type ProblemCode } from "./problems.ts";
import type { Scope } from "./lifecycle.ts";

/** What every resource shares: errors, lists, headers, names. */

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    states: z
      .array(z.string())
      .optional()
      .describe("For container_wrong_state: the states that would allow the request"),
  })
  .openapi("Problem");

/** Whether `text` is an RFC 3339 time from 1970 on. */
export function isInstant(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && Date.parse(text) >= 0;
}
export const Time = z.iso.datetime().openapi({ description: "RFC 3339, UTC" });
const NAME_PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;
export const NAME_RULE = "1 to 63 letters, digits, dots, dashes or underscores, starting with a letter or digit";
/** What a request names something by that its owner may have named. */
export const IdOrName = z.string().regex(NAME_PATTERN, NAME_RULE);
/** A name its owner gives: containers, volumes, keys, users. Never what an id looks like, so that an id names one thing. */
export const Name = IdOrName.refine((name) => !/^[a-z]{3}_[0-9a-z]{26}$/.test(name), "must not look like an id");
export const Ref = z.string().min(1).max(300).describe("An id, or the owner's name for it");
export const Labels = z
  .record(z.string().min(1).max(128), z.string().max(1024))
  .refine((labels) => Object.keys(labels).length <= 64, "at most 64 labels")
  .refine(
    (labels) => !Object.keys(labels).some((key) => key.startsWith("hafen.")),
    "labels that start with hafen. are reserved",
  );

/** A schema with a name of its own, or null: `.nullable()` would make everything of that name nullable in the OpenAPI document. */
export function orNull<T extends z.ZodType>(schema: T) {
  return z.union([schema, z.null()]);
}

/** A number in a path or a query, as people write it: JavaScript would also take nothing, `0x10` and `1e3` for one. */
export function decimal<T extends z.ZodType>(schema: T) {
  const read = (text: unknown) => (typeof text === "string" && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);
  return z.preprocess(read, schema);
}

export const ListQuery = z.object({
  limit: decimal(z.number().int().min(1).max(200).default(50)),
  cursor: z.string().max(200).optional().describe("nextCursor of the page before"),
});
export function listOf<T extends z.ZodType>(item: T, name: string) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() }).openapi(name);
}

export const PreferHeader = z.object({
  prefer: z.string().max(200).optional().describe("wait=<seconds>, at most 300 (RFC 7240): answer once it has settled"),
});
export const PostHeaders = PreferHeader.extend({
  "idempotency-key": z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe("The same key and body give the same answer for 24 h"),
});

const problemContent = { "application/problem+json": { schema: Problem } };
/** The error answers of a route, by their codes. */
function problemResponses(codes: readonly ProblemCode[]) {
  const byStatus = new Map<number, string[]>();
  for (const code of new Set(codes)) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, all]) => [status, { description: all.join(", "), content: problemContent }]),
  );
}

export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { "application/json": { schema } } };
}
export function body<T extends z.ZodType>(schema: T) {
  return { content: { "application/json": { schema } }, required: true };
}

type RouteInput = Parameters<typeof createRoute>[0];
/** A route with the scope its key needs (`none`: open to all) and its problem codes. */
export function route<const R extends RouteInput, const S extends Scope | "none">(
  definition: R & { scope: S; problems?: readonly ProblemCode[] },
) {
  const { scope, problems = [], ...rest } = definition;
  const always: ProblemCode[] = ["rate_limited"];
  if (scope !== "none") always.push("unauthenticated", "scope_missing", "invalid_request", "unavailable");
  if (definition.method === "post") always.push("idempotency_in_progress", "idempotency_mismatch");
  // The problem answers are left out of the type: a handler throws them and never returns one.
  const made = createRoute<string, R>({
    ...(rest as unknown as R),
    ...(scope === "none" ? {} : { security: [{ apiKey: [] }] }),
    responses: { ...problemResponses([...always, ...problems]), ...rest.responses },
  });
  return Object.assign(made, { scope });
}
