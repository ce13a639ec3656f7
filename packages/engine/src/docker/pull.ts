import type { Op, PullRequest, RegistryFailure, TransferEvent } from "../engine.ts";
import { EngineError } from "../error.ts";
import { checkedName, type Client } from "./client.ts";
import { dropTag, inspectImage, tagImage } from "./images.ts";
import { holdName } from "./names.ts";
import { authOf } from "./resolve.ts";
import { transfer } from "./transfer.ts";

/**
 * Pulls by digest, since a tag may be moved by anybody's pull before it is looked at. Of several pulls of one digest any may drop the
 * name that the others have set, so the image is taken over under the name's lock, and pulled once more if it went.
 */
export async function* pullImage(
  client: Client,
  request: PullRequest,
  op?: Op,
): AsyncGenerator<TransferEvent, void, undefined> {
  const name = checkedName(`${request.repository}@${request.digest}`);
  let failure = yield* download(client, name, request, op);
  if (failure) return yield failure;
  const release = await holdName(client, name);
  try {
    let imageId = await takeOver(client, name, request, op);
    if (imageId === undefined) {
      failure = yield* download(client, name, request, op);
      if (failure) return yield failure;
      imageId = await takeOver(client, name, { ...request, platform: undefined }, op);
    }
    if (imageId === undefined) throw new EngineError("unavailable", `pull ${name}: the engine lost the image`);
    await dropTag(client, name, op);
    failure = await tooLarge(client, imageId, request, op);
    if (failure) return yield failure;
    yield { type: "pulled", imageId, digest: request.digest };
  } finally {
    release();
  }
}

/** Unpacked: of layers that came quickly, or were there, the engine tells no size on the way. */
async function tooLarge(
  client: Client,
  imageId: string,
  { maxBytes, holdAs }: PullRequest,
  op?: Op,
): Promise<RegistryFailure | undefined> {
  const image = await inspectImage(client, imageId, op);
  if (!image || image.sizeBytes <= maxBytes) return undefined;
  await dropTag(client, holdAs, op);
  const message = `unpacked it has ${image.sizeBytes} bytes, and ${maxBytes} are allowed`;
  return { type: "failed", reason: "too_large", message };
}

/** Holds the image under its new name, unless it went, or the name stands for another platform's by now. */
async function takeOver(
  client: Client,
  name: string,
  { platform, holdAs }: PullRequest,
  op?: Op,
): Promise<string | undefined> {
  const image = await inspectImage(client, name, op);
  const [os, architecture] = platform?.split("/") ?? [];
  const other = (wanted: string | undefined, found: string) => wanted !== undefined && wanted !== found;
  if (!image || other(os, image.os) || other(architecture, image.architecture)) return undefined;
  try {
    await tagImage(client, image.id, holdAs, op);
    return image.id;
  } catch (error) {
    if (error instanceof EngineError && error.kind === "not_found") return undefined;
    throw error;
  }
}

async function* download(
  client: Client,
  name: string,
  { platform, login, maxBytes }: PullRequest,
  op?: Op,
): AsyncGenerator<TransferEvent, RegistryFailure | undefined, undefined> {
  const query = { fromImage: name, ...(platform !== undefined && { platform }) };
  const request = { method: "POST", path: "/images/create", query, authconfig: authOf(login) } as const;
  const sizes = new Map<string, number>();
  for await (const message of transfer(client, `pull ${name}`, request, op)) {
    if (message.type === "failed") return message;
    if (message.type === "layer") yield message;
    if (message.type !== "size") continue;
    sizes.set(message.id, message.bytes);
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    if (bytes > maxBytes)
      return { type: "failed", reason: "too_large", message: `its layers have more than ${maxBytes} bytes` };
  }
  return undefined;
}
