import type { IncomingMessage, ServerResponse } from "node:http";
import { toProblem, type ProblemError } from "@hafen/contract";
import { retryAfterOf } from "../errors.ts";
import { BARE_HEADERS, TLS_HEADERS } from "../http/refuse.ts";
import { protocolOf } from "./port-host.ts";

const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
};

/** A refusal of ours in a container's place: a page for people, `application/problem+json` for programs. */
export function answerProblem(
  request: IncomingMessage,
  response: ServerResponse,
  problem: ProblemError,
  requestId: string,
): void {
  const body = toProblem(problem, requestId);
  const retryAfter = problem.code === "host_unreachable" ? "1" : retryAfterOf(problem);
  const forPeople = request.headers.accept?.includes("text/html") ?? false;
  const text = forPeople ? page(body) : JSON.stringify(body);
  response.writeHead(body.status, {
    "content-length": Buffer.byteLength(text),
    ...BARE_HEADERS,
    ...(forPeople ? PAGE_HEADERS : {}),
    ...(protocolOf(request) === "https" ? TLS_HEADERS : {}),
    "x-request-id": requestId,
    ...(body.status === 401 ? { "www-authenticate": "Bearer" } : {}),
    ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
    // A body that nobody reads would be taken for the next request.
    ...(request.complete ? {} : { connection: "close" }),
  });
  response.end(text);
}

function page(body: Record<string, unknown> & { status: number }): string {
  const [title, detail, code, requestId] = [body["title"], body["detail"], body["code"], body["requestId"]].map(
    escaped,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${body.status} ${title}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}small{color:#666}</style>
<h1>${title}</h1>
<p>${detail}</p>
<p><small>Hafen · ${body.status} ${code} · ${requestId}</small></p>
</html>
`;
}

function escaped(text: unknown): string {
  return String(text).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
