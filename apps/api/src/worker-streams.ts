import { request as httpRequest, type IncomingMessage } from "node:http";
import { pipeline, Readable } from "node:stream";
import { ProblemError, PROBLEMS, type ProblemCode } from "@hafen/contract";
import { signGrant, type StreamAction } from "@hafen/core";
import { findHost } from "@hafen/db";
import type { Deps } from "./deps.ts";

export interface WorkerCall {
  url: URL;
  authorization: string;
}

/** Where the worker of a host takes one action on a thing that lives there, with a token signed for just that. */
export async function workerCall(
  deps: Deps,
  on: { id: string; hostId: string },
  action: StreamAction,
  query: Record<string, string | undefined> = {},
): Promise<WorkerCall> {
  const host = await findHost(deps.database.db, on.hostId);
  if (!host?.live) throw unreachable();
  const url = new URL(`/streams/${on.id}/${action}`, host.streamUrl);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  const token = signGrant(deps.streamSecret, { action, subject: on.id, hostId: host.id }, Date.now());
  return { url, authorization: `Bearer ${token}` };
}

/**
 * Sends a body, which may be a stream, and answers with the worker's answer, both at the slower side's pace. The worker's refusals
 * come back as problems. Not `fetch`: it has time limits of its own, and loses a refusal that comes before the body is sent.
 * A connection for each call, so that none is ever reused while the worker closes it.
 */
export async function callWorker(
  { url, authorization }: WorkerCall,
  body: AsyncIterable<Uint8Array> | string | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpRequest(url, { method: "POST", headers: { authorization }, agent: false, signal });
  let reached = false;
  request.once("socket", (socket) => socket.once("connect", () => (reached = true)));
  request.once("response", resolve);
  request.on("error", reject);
  if (body === undefined || typeof body === "string") request.end(body);
  else pipeline(Readable.from(body, { objectMode: false }), request, () => {});
  let response: IncomingMessage;
  try {
    response = await promise;
  } catch (error) {
    if (!signal.aborted) throw reached ? new BrokenOff() : unreachable();
    throw signal.reason instanceof ProblemError ? signal.reason : error;
  }
  if (response.statusCode === 200 || response.statusCode === 204) return response;
  const text = await textOf(response);
  request.destroy();
  throw refusalOf(text);
}

/** The whole of a worker's answer. */
export async function textOf(response: AsyncIterable<Buffer>): Promise<string> {
  try {
    return Buffer.concat(await Array.fromAsync(response)).toString();
  } catch {
    throw new BrokenOff();
  }
}

/** NDJSON from a worker, a parsed line at a time. */
export async function* readLines<T>(response: AsyncIterable<Buffer>): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as T;
  }
}

/** A worker's refusal as the client's problem. One that does not take our token is not the one we mean: that one has left its address. */
export function refusalOf(body: string): ProblemError {
  const { code, detail, extra } = JSON.parse(body) as {
    code: ProblemCode;
    detail: string;
    extra: Record<string, unknown>;
  };
  if (code === "unauthenticated") return unreachable();
  return new ProblemError(code in PROBLEMS ? code : "internal", detail, extra);
}

const NO_ANSWER = "The host does not answer now. What runs there may run on; try again soon.";

export function unreachable(): ProblemError {
  return new ProblemError("host_unreachable", NO_ANSWER);
}

/** The connection ended in between: what was asked may have been done. */
export class BrokenOff extends ProblemError {
  constructor() {
    super("host_unreachable", NO_ANSWER);
  }
}
