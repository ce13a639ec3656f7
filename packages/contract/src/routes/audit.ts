import { AuditLine, AuditQuery } from "../audit.ts";
import { listOf, route } from "../conventions.ts";

export const listAudit = route({
  method: "get",
  path: "/v1/audit",
  operationId: "listAudit",
  tags: ["audit"],
  scope: "read",
  summary: "Who changed what, from where, with which key, and what was refused; with the scope admin, of everybody",
  request: { query: AuditQuery },
  responses: {
    200: {
      description: "Newest first; as NDJSON all of it, oldest first, limit and cursor left aside",
      content: {
        "application/json": { schema: listOf(AuditLine, "AuditList") },
        "application/x-ndjson": { schema: AuditLine },
      },
    },
  },
  problems: ["user_not_found"],
});
