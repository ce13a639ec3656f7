import type { IncomingMessage } from "node:http";
import type { BuildEvent, BuildFailure, BuildRequest } from "../engine.ts";
import { EngineError } from "../error.ts";
import { buildAnswer } from "./build-answer.ts";
import { buildFailure } from "./build-failure.ts";
import { toStreamRequest } from "./build-request.ts";
import { type BuildMessage, buildReader } from "./build-stream.ts";
import type { Client } from "./client.ts";
import { causeStatus, engineText, excerpt } from "./errors.ts";
import { inspectImage, rawHistory } from "./images.ts";
import { jsonLines } from "./json-lines.ts";
import { openStream } from "./stream.ts";

/** What a shell says of SIGXFSZ, the kernel's answer to a file over the limit. */
const FILE_TOO_LARGE = 153;

/** A build that runs: what its parts tell each other. */
export interface Run {
  client: Client;
  request: BuildRequest;
  op: { signal: AbortSignal };
  ranOutOfMemory(): Promise<boolean>;
  /** As the build's text says: of the step that began last. */
  containerId: string | undefined;
  instruction: string | undefined;
  full: boolean;
  watchFailure?: unknown;
}

/** The events of a build up to `image` or `failed`. */
export async function* outcome(run: Run): AsyncGenerator<BuildEvent, void, undefined> {
  const { outputBytes } = run.request.limits;
  let imageId: string | undefined;
  let printedBytes = 0;
  for await (const message of messages(run)) {
    switch (message.type) {
      case "failure":
        return yield await failed(run, message);
      case "image":
        if (await wroteTooMuch(run, message.imageId)) return yield diskFull(run);
        // One for each stage: the last is the build's.
        imageId = message.imageId;
        continue;
      case "running":
        run.containerId = message.containerId;
        continue;
      case "layer": {
        const { number, shortId, atMs } = message;
        const image = await inspectImage(run.client, shortId, run.op);
        // An id that no image has was printed by a step, not by the engine.
        if (image) yield { type: "layer", number, imageId: image.id, atMs };
        if (image && (await wroteTooMuch(run, image.id))) return yield diskFull(run);
        continue;
      }
      case "log":
        printedBytes += Buffer.byteLength(message.text);
        if (printedBytes > outputBytes)
          return yield ended(run, "build_failed", `printed more than ${outputBytes} bytes`);
        break;
      case "step":
        run.instruction = message.instruction;
        break;
      case "cached":
        break;
      default:
        message satisfies never;
    }
    yield message;
  }
  if (imageId === undefined)
    throw new EngineError("unavailable", "build: the engine ended the stream without a result");
  yield { type: "image", imageId, atMs: Date.now() };
}

export function diskFull(run: Run): BuildEvent {
  return ended(run, "disk_full", `wrote more than ${run.request.limits.diskBytes} bytes`);
}

function ended({ instruction }: Run, kind: BuildFailure, why: string): BuildEvent {
  return { type: "failed", kind, message: `${excerpt(instruction ?? "the build")}: ${why}`, atMs: Date.now() };
}

/** Whether one of the image's layers, also one from the cache, is too large, down to what it stands on. */
async function wroteTooMuch({ client, request, op }: Run, imageId: string): Promise<boolean> {
  const { bases, limits } = request;
  const history = await rawHistory(client, imageId, op);
  const base = history.findIndex(({ Id }) => bases.includes(Id));
  return history.slice(0, base === -1 ? undefined : base).some(({ Size }) => Size > limits.diskBytes);
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
  if (failure.kind === "run_failed" && failure.exitCode === FILE_TOO_LARGE) return diskFull(run);
  const killed = failure.kind === "run_failed" && failure.exitCode === 137 && (await run.ranOutOfMemory());
  return { type: "failed", ...failure, kind: killed ? "out_of_memory" : failure.kind, atMs };
}
