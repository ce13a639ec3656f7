import type { AuditLine, AuditListQuery } from "@hafen/sdk";
import { command } from "../../command.ts";
import { EXIT_CODES } from "../../exit-codes.ts";
import { UsageError } from "../../failures.ts";
import { one } from "../../flags.ts";
import { inert } from "../../format/inert.ts";
import { pastTime, whole } from "../../format/quantities.ts";
import { stream, type Piece } from "../../result.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: {
    user: one("NAME", ["Only what this user did (admin)"]),
    action: one("ACTION", ["As container.create, or container. for all of them"]),
    subject: one("ID", ["Only what was done to this"]),
    outcome: one("OUTCOME", ["done or refused"], outcome),
    since: one("TIME", ["10m, or a time"], pastTime),
    until: one("TIME", ["10m, or a time"], pastTime),
    tail: one("N", ["n", "Only the newest so many, newest first"], whole),
  },
  async run(ctx, { flags: { tail, since, until, ...filter } }) {
    const client = await ctx.client();
    const given = { ...filter, since: since?.(ctx.now()).toISOString(), until: until?.(ctx.now()).toISOString() };
    const query: AuditListQuery = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const found = tail === undefined ? client.audit.export(query) : client.audit.listAll(query);
    return stream(
      (async function* (): AsyncGenerator<Piece, number> {
        let left = tail ?? Infinity;
        if (left > 0)
          for await (const line of found) {
            yield { line: lineOf(line), json: line };
            if (--left === 0) break;
          }
        return EXIT_CODES.ok;
      })(),
    );
  },
});

function outcome(text: string): AuditLine["outcome"] {
  if (text !== "done" && text !== "refused") throw new UsageError("done or refused");
  return text;
}

function lineOf({ at, userId, keyId, address, action, subject, outcome: ended, detail }: AuditLine): string {
  const code = typeof detail["code"] === "string" ? ` (${detail["code"]})` : "";
  return inert(`${at} ${userId ?? "-"} ${keyId ?? "-"} ${address ?? "-"} ${ended} ${action} ${subject}${code}`);
}
