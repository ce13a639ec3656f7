import { ProblemError, PROBLEMS, type ProblemCode } from "@hafen/contract";
import { signGrant, type StreamAction } from "@hafen/core";
import { findHost, type ContainerRow } from "@hafen/db";
import type { Deps } from "./deps.ts";

/** Calls the container's worker for one action, with a token signed for just that. Its refusals come back as problems. */
export async function callWorker(
  deps: Deps,
  container: ContainerRow,
  action: StreamAction,
  options: { query?: Record<string, string | undefined>; body?: unknown; signal: AbortSignal },
): Promise<Response> {
  const host = await findHost(deps.database.db, container.hostId);
  if (!host?.live) throw unreachable();
  const url = new URL(`/streams/${container.id}/${action}`, host.streamUrl);
  for (const [name, value] of Object.entries(options.query ?? {}))
    if (value !== undefined) url.searchParams.set(name, value);
  const token = signGrant(deps.streamSecret, { action, containerId: container.id, hostId: host.id }, Date.now());
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(options.body ?? {}),
      signal: options.signal,
    });
  } catch (error) {
    if (options.signal.aborted) throw error;
    throw unreachable();
  }
  if (response.ok) return response;
  const { code, detail, extra } = (await response.json()) as {
    code: ProblemCode;
    detail: string;
    extra: Record<string, unknown>;
  };
  throw new ProblemError(code in PROBLEMS && code !== "unauthenticated" ? code : "internal", detail, extra);
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

function unreachable(): ProblemError {
  return new ProblemError(
    "host_unreachable",
    "The container's host does not answer now. The container itself may run on; try again soon.",
  );
}
