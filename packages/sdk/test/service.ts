import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Hafen, type HafenOptions } from "../src/index.ts";

export interface Received {
  method: string;
  /** Path and query, as they came. */
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Service extends AsyncDisposable {
  url: string;
  /** What arrived, oldest first. */
  received: Received[];
  hafen: Hafen;
}

/** A real HTTP server that answers the n-th request (from 0) with `answer`, and a client of it. */
export async function startService(
  answer: (response: ServerResponse, request: Received, n: number) => void,
  options: Partial<HafenOptions> = {},
): Promise<Service> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one = {
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks),
      };
      answer(response, one, received.push(one) - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    received,
    hafen: new Hafen({ url, apiKey: "hfn_test", ...options }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

export function sendProblem(
  response: ServerResponse,
  status: number,
  code: string,
  extra: Record<string, unknown> = {},
): void {
  const problem = {
    type: `/docs#problem-${code}`,
    title: code,
    status,
    code,
    detail: `the detail of ${code}`,
    requestId: "req_1",
    ...extra,
  };
  response.writeHead(status, { "content-type": "application/problem+json" }).end(JSON.stringify(problem));
}

export interface Sent {
  id?: string;
  event?: string;
  data?: unknown;
}

/** Events as the service writes them; `retry: 1` keeps a test's reconnects short. */
export function sseText(events: Sent[]): string {
  const fields = ({ id, event, data }: Sent) =>
    [id && `id: ${id}`, event && `event: ${event}`, data !== undefined && `data: ${JSON.stringify(data)}`]
      .filter(Boolean)
      .join("\n");
  return `retry: 1\n\n${events.map((each) => `${fields(each)}\n\n`).join("")}`;
}

export function sendEvents(response: ServerResponse, events: Sent[], cut = ""): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(sseText(events) + cut);
}
