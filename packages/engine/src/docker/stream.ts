import { Readable } from "node:stream";
import type { Op } from "../engine.ts";
import { EngineError } from "../error.ts";
import { call, type Deadline, DEADLINES_MS } from "./call.ts";
import type { Client } from "./client.ts";
import { SourceError, toEngineError, type Wording } from "./errors.ts";

export interface StreamRequest {
  method: "GET" | "HEAD" | "POST" | "PUT";
  path: string;
  query?: Record<string, string | string[]>;
  body?: AsyncIterable<Uint8Array>;
  /** From the end of the upload to the head of the answer; undefined waits as long as the caller does. */
  answerMs?: number | undefined;
  /** Until the head of an answer to a request without a body. */
  openMs?: number | undefined;
  /** Of the registry that the engine is to ask: an empty one is none. */
  authconfig?: object | undefined;
  /** What a refusal may say. */
  wording?: Wording;
}

/** Sends a request whose answer is a stream, and its body with backpressure. Resolves at the answer's head. */
export function openStream(
  client: Client,
  what: string,
  request: StreamRequest,
  op: Op | undefined,
): Promise<Readable> {
  const open = async (abortSignal: AbortSignal, deadline: Deadline) => {
    const upload = request.body ? uploadOf(request.body, deadline, request) : undefined;
    try {
      return await dial(client, request, upload?.stream, abortSignal);
    } catch (cause) {
      throw upload?.failure() ?? cause;
    } finally {
      upload?.stream.destroy();
    }
  };
  return call(what, request.openMs ?? DEADLINES_MS.open, op, open, request.wording);
}

function dial(
  client: Client,
  request: StreamRequest,
  file: Readable | undefined,
  abortSignal: AbortSignal,
): Promise<Readable> {
  const { promise, resolve, reject } = Promise.withResolvers<Readable>();
  const options = {
    path: `${request.path}?`,
    method: request.method,
    // Anything but this type makes dockerd read an archive as a form: it answers 200 and unpacks nothing.
    headers: file ? { "Content-Type": "application/x-tar" } : {},
    options: { _query: request.query ?? {}, _body: {} },
    ...(file ? { file } : {}),
    ...(request.authconfig ? { authconfig: request.authconfig } : {}),
    isStream: true,
    abortSignal,
    statusCodes: { 200: true, 201: true, 204: true },
  };
  client.docker.modem.dial(options, (error, answer) => (error ? reject(error) : resolve(answer as Readable)));
  return promise;
}

function uploadOf(body: AsyncIterable<Uint8Array>, deadline: Deadline, { answerMs }: StreamRequest) {
  let failure: SourceError | undefined;
  // The clock runs while the engine takes a piece and stands while the source makes one.
  async function* upload() {
    deadline.pause();
    try {
      for await (const piece of body) {
        deadline.restart(DEADLINES_MS.upload);
        yield piece;
        deadline.pause();
      }
    } catch (cause) {
      throw (failure = new SourceError(cause));
    }
    if (answerMs !== undefined) deadline.restart(answerMs);
  }
  return { stream: Readable.from(upload(), { objectMode: false }), failure: () => failure };
}

/** The pieces of an answer; leaving the iteration closes the connection, and aborting also when nobody has begun to read. */
export function pieces(what: string, stream: Readable, op: Op | undefined): AsyncGenerator<Buffer, void, undefined> {
  const aborted = () => new EngineError("aborted", `${what}: aborted`);
  const leave = () => stream.destroy(aborted());
  // Of one that nobody reads nobody wants to know.
  stream.on("error", () => {});
  if (op?.signal?.aborted) leave();
  op?.signal?.addEventListener("abort", leave, { once: true });
  async function* read() {
    try {
      for await (const piece of stream) yield piece as Buffer;
    } catch (cause) {
      throw toEngineError(what, op?.signal?.aborted ? aborted() : cause);
    } finally {
      op?.signal?.removeEventListener("abort", leave);
      stream.destroy();
    }
  }
  return read();
}
