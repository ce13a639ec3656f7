import type { ImportOptions, Op } from "../engine.ts";
import { EngineError } from "../error.ts";
import { DEADLINES_MS } from "./call.ts";
import { checkedName, type Client } from "./client.ts";
import { FILES } from "./errors.ts";
import { inspectImage } from "./images.ts";
import { jsonLines } from "./json-lines.ts";
import { openStream, pieces, type StreamRequest } from "./stream.ts";

interface Message {
  status?: string;
  stream?: string;
  error?: string;
}

export async function importImage(
  client: Client,
  rootfs: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<string> {
  const query = { fromSrc: "-", changes: options.changes };
  const messages = await upload(
    client,
    "import",
    { method: "POST", path: "/images/create", query, body: rootfs },
    options,
  );
  const id = messages.findLast((message) => message.status?.startsWith("sha256:"))?.status;
  if (id === undefined) throw new EngineError("unavailable", "import: the engine answered without an image id");
  return id.trim();
}

export async function loadImages(client: Client, archive: AsyncIterable<Uint8Array>, op?: Op): Promise<string[]> {
  const messages = await upload(
    client,
    "load",
    { method: "POST", path: "/images/load", query: { quiet: "1" }, body: archive },
    op,
  );
  const names = messages.flatMap(({ stream }) => /^Loaded image(?: ID)?: (\S+)$/.exec(stream?.trim() ?? "")?.[1] ?? []);
  const images = await Promise.all(names.map((name) => inspectImage(client, name, op)));
  return [...new Set(images.flatMap((image) => image?.id ?? []))];
}

export async function saveImage(client: Client, imageId: string, op?: Op): Promise<AsyncIterable<Uint8Array>> {
  const what = `save ${imageId}`;
  // The engine itself answers with a path of the host that is not there.
  if (!(await inspectImage(client, imageId, op))) throw new EngineError("not_found", `${what}: there is no such image`);
  // The engine writes all layers to its disk before the first byte.
  const request: StreamRequest = {
    method: "GET",
    path: `/images/${checkedName(imageId)}/get`,
    openMs: DEADLINES_MS.unpack,
  };
  return pieces(what, await openStream(client, what, request, op), op);
}

/** Sends an archive; a failure comes inside an answer of status 200. */
async function upload(client: Client, what: string, request: StreamRequest, op: Op | undefined): Promise<Message[]> {
  const answer = await openStream(client, what, { ...request, answerMs: DEADLINES_MS.unpack, wording: FILES }, op);
  const messages: Message[] = [];
  for await (const value of jsonLines(pieces(what, answer, op))) {
    const message = value as Message;
    if (message.error !== undefined) {
      throw new EngineError(
        /no space left on device/i.test(message.error) ? "no_space" : "invalid",
        `${what}: ${message.error.slice(0, 500)}`,
      );
    }
    messages.push(message);
  }
  return messages;
}
