import { ContainerPath, isId, ProblemError } from "@hafen/contract";
import {
  containerPlace,
  readFile,
  readFiles,
  STALL_MS,
  unstalled,
  volumePlace,
  writeFile,
  writeFiles,
  type HostCtx,
  type Place,
} from "@hafen/core";
import { send } from "./send.ts";
import type { StreamRequest } from "./server.ts";

/** The files as they come, a tar or one file's content. Their reader's pace is the engine's pace, and its leaving ends the read. */
export async function answerReadFiles(ctx: HostCtx, stream: StreamRequest): Promise<void> {
  await using place = await placeOf(ctx, stream, "read");
  const { response, url } = stream;
  const { headers, data } = isRaw(url) ? await fileAnswer(ctx, place) : await tarAnswer(ctx, place);
  response.writeHead(200, headers);
  response.flushHeaders();
  for await (const piece of data) await send(response, piece, place.signal, STALL_MS);
  response.end();
}

async function tarAnswer(ctx: HostCtx, place: Place) {
  return { headers: { "content-type": "application/x-tar" }, data: await readFiles(ctx, place) };
}

async function fileAnswer(ctx: HostCtx, place: Place) {
  const { sizeBytes, mode, modifiedAt, data } = await readFile(ctx, place);
  const headers = {
    "content-type": "application/octet-stream",
    "content-length": String(sizeBytes),
    "last-modified": modifiedAt.toUTCString(),
    "hafen-file-mode": mode.toString(8).padStart(4, "0"),
  };
  return { headers, data };
}

export async function answerWriteFiles(ctx: HostCtx, stream: StreamRequest): Promise<void> {
  await using place = await placeOf(ctx, stream, "write");
  const { request, response, url } = stream;
  // A refusal is answered while the body still comes: the connection must outlive our reading of it.
  const body = unstalled(request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>);
  const query = url.searchParams;
  const file = { sizeBytes: Number(query.get("sizeBytes")), mode: Number.parseInt(query.get("mode") ?? "644", 8) };
  const written = isRaw(url) ? await writeFile(ctx, place, file, body) : await writeFiles(ctx, place, body);
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(written));
}

function placeOf(ctx: HostCtx, { subject, url, signal }: StreamRequest, use: "read" | "write"): Promise<Place> {
  const path = ContainerPath.parse(url.searchParams.get("path"));
  if (isId("container", subject)) return containerPlace(ctx, subject, path, signal);
  if (isId("volume", subject)) return volumePlace(ctx, subject, path, use, signal);
  throw new ProblemError("not_found", `${subject} has no files.`);
}

function isRaw(url: URL): boolean {
  return url.searchParams.get("raw") === "true";
}
