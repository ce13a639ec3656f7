import type { Op, PushRequest, TransferEvent } from "../engine.ts";
import { EngineError } from "../error.ts";
import { checkedName, type Client } from "./client.ts";
import { dropTag, splitTag, tagImage } from "./images.ts";
import { holdName } from "./names.ts";
import { authOf } from "./resolve.ts";
import { transfer } from "./transfer.ts";

/**
 * The engine pushes what its own tag of that name stands for when it comes to look: so the name is held all the while, or one user's
 * push would send another's image.
 */
export async function* pushImage(
  client: Client,
  { imageId, reference, login }: PushRequest,
  op?: Op,
): AsyncGenerator<TransferEvent, void, undefined> {
  const [repository, tag] = splitTag(checkedName(reference));
  const name = `${repository}:${tag}`;
  const release = await holdName(client, name);
  try {
    if (op?.signal?.aborted) throw new EngineError("aborted", `push ${name}: aborted`);
    await tagImage(client, imageId, name, op);
    try {
      yield* send(client, repository, tag, login, op);
    } finally {
      // Also when aborted; if it fails the caller's next attempt drops it.
      await dropTag(client, name);
    }
  } finally {
    release();
  }
}

async function* send(
  client: Client,
  repository: string,
  tag: string,
  login: PushRequest["login"],
  op: Op | undefined,
): AsyncGenerator<TransferEvent, void, undefined> {
  const request = {
    method: "POST",
    path: `/images/${repository}/push`,
    query: { tag },
    authconfig: authOf(login),
  } as const;
  let digest: string | undefined;
  for await (const message of transfer(client, `push ${repository}:${tag}`, request, op)) {
    if (message.type === "failed") return yield message;
    if (message.type === "layer") yield message;
    if (message.type === "digest") digest = message.digest;
  }
  if (digest === undefined)
    throw new EngineError("unavailable", `push ${repository}:${tag}: the engine told no digest`);
  yield { type: "pushed", digest };
}
