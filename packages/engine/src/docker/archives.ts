import type { IncomingMessage } from "node:http";
import type { EngineId, Op, PathInfo } from "../engine.ts";
import { DEADLINES_MS } from "./call.ts";
import { checkedName, type Client } from "./client.ts";
import { offsetOf, withContainerOwners } from "./container-owners.ts";
import { causeStatus, FILES } from "./errors.ts";
import { toPathInfo } from "./path-info.ts";
import { openStream, pieces } from "./stream.ts";

export async function getArchive(
  client: Client,
  id: EngineId,
  path: string,
  op?: Op,
): Promise<AsyncIterable<Uint8Array>> {
  const what = `read ${path} of ${id}`;
  const answer = await openStream(client, what, { method: "GET", ...archive(id, path) }, op);
  return withContainerOwners(pieces(what, answer, op), () => offsetOf(client));
}

export async function statPath(client: Client, id: EngineId, path: string, op?: Op): Promise<PathInfo | undefined> {
  const what = `look at ${path} of ${id}`;
  try {
    const answer = await openStream(client, what, { method: "HEAD", ...archive(id, path) }, op);
    answer.resume();
    return toPathInfo((answer as IncomingMessage).headers["x-docker-container-path-stat"]);
  } catch (error) {
    const status = causeStatus(error);
    if (status === 404) return undefined;
    // An answer without a body does not say why; the same question with one does.
    if (status === 500) (await openStream(client, what, { method: "GET", ...archive(id, path) }, op)).destroy();
    throw error;
  }
}

/** Unlike a path's tar, the engine packs this one with the container's own owners. */
export async function exportContainer(client: Client, id: EngineId, op?: Op): Promise<AsyncIterable<Uint8Array>> {
  const what = `export ${id}`;
  const request = { method: "GET", path: `/containers/${checkedName(id)}/export` } as const;
  return pieces(what, await openStream(client, what, request, op), op);
}

export async function putArchive(
  client: Client,
  id: EngineId,
  path: string,
  tar: AsyncIterable<Uint8Array>,
  op?: Op,
): Promise<void> {
  const { query, ...address } = archive(id, path);
  const request = {
    method: "PUT",
    ...address,
    query: { ...query, noOverwriteDirNonDir: "1" },
    body: tar,
    answerMs: DEADLINES_MS.unpack,
  } as const;
  const answer = await openStream(client, `write ${path} of ${id}`, request, op);
  answer.resume();
}

function archive(id: EngineId, path: string) {
  return { path: `/containers/${checkedName(id)}/archive`, query: { path }, wording: FILES };
}
