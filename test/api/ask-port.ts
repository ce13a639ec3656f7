import { request, type IncomingMessage, type RequestOptions } from "node:http";
import type { Readable } from "node:stream";

export interface PortAnswer {
  status: number;
  headers: IncomingMessage["headers"];
  rawHeaders: string[];
  text: string;
}
export interface PortQuestion {
  method?: string;
  path?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer | Readable;
  agent?: RequestOptions["agent"];
  /** To connect to; default this machine, which every `*.localhost` is, whatever its resolver says. */
  host?: string | undefined;
}

/** The options of a request to a port's address. */
export function optionsFor(
  url: string,
  { method = "GET", path, headers = {}, agent, host: at = "127.0.0.1" }: PortQuestion,
): RequestOptions {
  const { host, port, pathname, search } = new URL(url);
  return {
    host: at,
    port,
    method,
    path: path ?? pathname + search,
    headers: { host, ...headers },
    agent: agent ?? false,
  };
}

/** The head of the answer; its body is still to be read. */
export async function openPort(url: string, question: PortQuestion = {}): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asked = request(optionsFor(url, question), resolve);
  asked.on("error", reject);
  const { body } = question;
  if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) asked.end(body);
  else body.pipe(asked);
  return promise;
}

export async function askPort(url: string, question: PortQuestion = {}): Promise<PortAnswer> {
  const response = await openPort(url, question);
  const chunks = await Array.fromAsync(response as AsyncIterable<Buffer>);
  const { statusCode = 0, headers, rawHeaders } = response;
  return { status: statusCode, headers, rawHeaders, text: Buffer.concat(chunks).toString() };
}
