import type { EngineId, Op } from "../engine.ts";
import { DEADLINES_MS } from "./call.ts";
import { checkedName, type Client } from "./client.ts";
import { offsetOf, withContainerOwners } from "./container-owners.ts";
import { openStream, pieces } from "./stream.ts";

export async function getArchive(
  client: Client,
  id: EngineId,
  path: string,
  op?: Op,
): Promise<AsyncIterable<Uint8Array>> {
  const what = `read ${path} of ${id}`;
  const answer = await openStream(
    client,
    what,
    { method: "GET", path: `/containers/${checkedName(id)}/archive`, query: { path } },
    op,
  );
  return withContainerOwners(pieces(what, answer, op), () => offsetOf(client));
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
  const request = {
    method: "PUT",
    path: `/containers/${checkedName(id)}/archive`,
    query: { path },
    body: tar,
    answerMs: DEADLINES_MS.unpack,
  } as const;
  const answer = await openStream(client, `write ${path} of ${id}`, request, op);
  answer.resume();
}
