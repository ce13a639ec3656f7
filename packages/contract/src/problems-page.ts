import { keepGenerated } from "./generated.ts";
import { PROBLEMS, type ProblemCode } from "./problems.ts";
import { openapiDocument } from "./openapi.ts";

/** `node src/problems-page.ts` writes the reference of problem codes; `--check` fails when it has drifted. */

const CALLS_SHOWN = 6;
const HEAD = `# Problems

<!-- Made from packages/contract by npm run generate. -->

An error is answered as \`application/problem+json\` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)):

\`\`\`json
{
  "type": "/docs#problem-volume_in_use",
  "title": "The volume is in use",
  "status": 409,
  "code": "volume_in_use",
  "detail": "…",
  "requestId": "req_…"
}
\`\`\`

Program against \`code\`, which stays; \`detail\` is for people and says what to do; \`requestId\` is in the service's log. \`errors\`, where fields are wrong, has a JSON
pointer for each; some codes have further members, as \`states\` of \`container_wrong_state\`. Something of another user's is answered like something that is not
there. A build's own failure is no problem but its \`failure\`: see [builds](builds.md).

The calls are those of \`/docs\` and \`openapi.json\`. –: of no call in particular, as \`internal\`; of an address of a [port](ports.md), as \`port_private\`; or what
[prune](../how-to/clear-up-what-lies-around.md) says in words, as \`volume_not_empty\`.
`;

/** The operations whose documented answers have each code. */
function callsByCode(): Map<string, string[]> {
  const calls = new Map<string, string[]>();
  for (const path of Object.values(openapiDocument().paths ?? {}))
    for (const operation of [path.get, path.put, path.post, path.patch, path.delete])
      for (const { description } of Object.values(operation?.responses ?? {}) as { description: string }[])
        for (const code of description.split(", ").filter((word) => word in PROBLEMS))
          calls.set(code, [...(calls.get(code) ?? []), operation?.operationId ?? ""]);
  return calls;
}

function page(): string {
  const calls = callsByCode();
  const rows = (Object.entries(PROBLEMS) as [ProblemCode, { status: number; title: string }][])
    .toSorted(([one, a], [other, b]) => a.status - b.status || (one < other ? -1 : 1))
    .map(([code, { status, title }]) => `| ${status} | \`${code}\` | ${title} | ${where(calls.get(code))} |`);
  return [HEAD, "| status | code | | calls |", "|---|---|---|---|", ...rows, ""].join("\n");
}

function where(calls: string[] = []): string {
  if (calls.length === 0) return "–";
  return calls.length > CALLS_SHOWN ? `${calls.length} calls` : calls.toSorted().join(", ");
}

keepGenerated(new URL("../../../docs/reference/problems.md", import.meta.url), page());
