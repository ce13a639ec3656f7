import type { IncomingMessage } from "node:http";
import type { BuildEvent, BuildRequest } from "../engine.ts";
import { EngineError } from "../error.ts";
import { buildAnswer } from "./build-answer.ts";
import { buildFailure } from "./build-failure.ts";
import { toStreamRequest } from "./build-request.ts";
import { type BuildMessage, buildReader } from "./build-stream.ts";
import type { Client } from "./client.ts";
import { causeStatus, engineText } from "./errors.ts";
import { inspectImage } from "./images.ts";
import { jsonLines } from "./json-lines.ts";
import { openStream } from "./stream.ts";

/** A build that runs: what its parts tell each other. */
export interface Run {
  client: Client;
  request: BuildRequest;
  op: { signal: AbortSignal };
  end(): void;
  ranOutOfMemory(): Promise<boolean>;
  containerIds: Set<string>;
  /** Of the step that runs. */
  instruction: string | undefined;
  /** Size of the image the step stands on; undefined below FROM. */
  belowBytes: number | undefined;
  cached: boolean;
  full: boolean;
  watchFailure?: unknown;
}

/** The events of a build up to `image` or `failed`. */
export async function* outcome(run: Run): AsyncGenerator<BuildEvent, void, undefined> {
  let imageId: string | undefined;
  for await (const message of messages(run)) {
    if (message.type === "failure") return yield await failed(run, message);
    // One for each stage: the last is the build's.
    if (message.type === "image") imageId = message.imageId;
    else yield* progress(run, message);
  }
  if (imageId === undefined)
    throw new EngineError("unavailable", "build: the engine ended the stream without a result");
  yield { type: "image", imageId, atMs: Date.now() };
}

export function diskFull({ request, instruction }: Run): BuildEvent {
  const message = `${instruction ?? "the build"}: wrote more than ${request.limits.diskBytes} bytes`;
  return { type: "failed", kind: "disk_full", message, atMs: Date.now() };
}

async function* messages(run: Run): AsyncGenerator<BuildMessage, void, undefined> {
  const read = buildReader(Date.now);
  const answer = await openStream(run.client, "build", toStreamRequest(run.request), run.op).catch((error: unknown) =>
    refused(error, run),
  );
  if ("type" in answer) return yield answer;
  for await (const raw of jsonLines(buildAnswer(answer as IncomingMessage, run.op.signal))) {
    const message = read(raw);
    if (message) yield message;
  }
}

/** A Dockerfile the engine cannot read is refused with a status, before there is a stream. */
function refused(error: unknown, run: Run): Extract<BuildMessage, { type: "failure" }> {
  const status = causeStatus(error);
  if (status === undefined || !(error instanceof EngineError)) throw error;
  const message = engineText(error.cause);
  if (status >= 500 && buildFailure(message, undefined, run.instruction).kind === "build_failed") throw error;
  return { type: "failure", code: undefined, message, atMs: Date.now() };
}

async function failed(
  run: Run,
  { message, code, atMs }: Extract<BuildMessage, { type: "failure" }>,
): Promise<BuildEvent> {
  const failure = buildFailure(message, code, run.instruction);
  const killed = failure.kind === "run_failed" && failure.exitCode === 137 && (await run.ranOutOfMemory());
  return { type: "failed", ...failure, kind: killed ? "out_of_memory" : failure.kind, atMs };
}

async function* progress(
  run: Run,
  message: Exclude<BuildMessage, { type: "failure" | "image" }>,
): AsyncGenerator<BuildEvent, void, undefined> {
  if (message.type === "running") run.containerIds.add(message.containerId);
  else if (message.type === "layer") yield* layer(run, message);
  else yield message;
  if (message.type === "cached") run.cached = true;
  if (message.type === "step") {
    run.instruction = message.instruction;
    run.cached = false;
    if (/^FROM\s/i.test(message.instruction)) run.belowBytes = undefined;
  }
}

/** An id that no image has was printed by a step, not by the engine. */
async function* layer(
  run: Run,
  { number, shortId, atMs }: Extract<BuildMessage, { type: "layer" }>,
): AsyncGenerator<BuildEvent, void, undefined> {
  const image = await inspectImage(run.client, shortId, run.op);
  if (!image) return;
  yield { type: "layer", number, imageId: image.id, atMs };
  const wroteBytes = run.belowBytes === undefined || run.cached ? 0 : image.sizeBytes - run.belowBytes;
  run.belowBytes = image.sizeBytes;
  if (wroteBytes <= run.request.limits.diskBytes) return;
  run.full = true;
  run.end();
}
