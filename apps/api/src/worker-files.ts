import { request as httpRequest, type IncomingMessage } from "node:http";
import { pipeline, Readable } from "node:stream";
import { refusalOf, unreachable, type WorkerCall } from "./worker-streams.ts";

/**
 * Calls a worker with a body that streams both ways at the slower side's pace. Not `fetch`, which has time limits of its own and
 * loses an answer that comes before the body is sent: a refusal often does.
 */
export async function streamToWorker(
  { url, authorization }: WorkerCall,
  body: AsyncIterable<Uint8Array> | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpRequest(url, { method: "POST", headers: { authorization }, agent: false, signal });
  request.once("response", resolve);
  request.on("error", reject);
  if (body) pipeline(Readable.from(body, { objectMode: false }), request, () => {});
  else request.end();
  let response: IncomingMessage;
  try {
    response = await promise;
  } catch (error) {
    if (signal.aborted) throw error;
    throw unreachable();
  }
  if (response.statusCode === 200) return response;
  const text = await textOf(response);
  request.destroy();
  throw refusalOf(text);
}

export async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(stream)).toString();
}
