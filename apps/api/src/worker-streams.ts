import { ProblemError, PROBLEMS, type ProblemCode } from "@hafen/contract";
import { signGrant, type StreamAction } from "@hafen/core";
import { findHost, type ContainerRow } from "@hafen/db";
import type { Deps } from "./deps.ts";

export interface WorkerCall {
  url: URL;
  authorization: string;
}

/** Where the container's worker takes one action, with a token signed for just that. */
export async function workerCall(
  deps: Deps,
  container: ContainerRow,
  action: StreamAction,
  query: Record<string, string | undefined> = {},
): Promise<WorkerCall> {
  const host = await findHost(deps.database.db, container.hostId);
  if (!host?.live) throw unreachable();
  const url = new URL(`/streams/${container.id}/${action}`, host.streamUrl);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  const token = signGrant(deps.streamSecret, { action, containerId: container.id, hostId: host.id }, Date.now());
  return { url, authorization: `Bearer ${token}` };
}

/** Calls the container's worker for one action. Its refusals come back as problems. */
export async function callWorker(
  deps: Deps,
  container: ContainerRow,
  action: StreamAction,
  options: { query?: Record<string, string | undefined>; body?: unknown; signal: AbortSignal },
): Promise<Response> {
  const { url, authorization } = await workerCall(deps, container, action, options.query);
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(options.body ?? {}),
      signal: options.signal,
    });
  } catch (error) {
    if (options.signal.aborted) throw error;
    throw unreachable();
  }
  if (response.ok) return response;
  throw refusalOf(await response.text());
}

/** A worker's refusal as the client's problem; a token it did not take is our own failure. */
export function refusalOf(body: string): ProblemError {
  const { code, detail, extra } = JSON.parse(body) as {
    code: ProblemCode;
    detail: string;
    extra: Record<string, unknown>;
  };
  return new ProblemError(code in PROBLEMS && code !== "unauthenticated" ? code : "internal", detail, extra);
}

/** NDJSON from a worker, a parsed line at a time. */
export async function* readLines<T>(response: Response): AsyncGenerator<T> {
  if (!response.body) return;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as T;
  }
}

export function unreachable(): ProblemError {
  return new ProblemError(
    "host_unreachable",
    "The container's host does not answer now. The container itself may run on; try again soon.",
  );
}
