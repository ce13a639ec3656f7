import { request } from "node:http";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { ServiceError } from "./error.ts";

const DEFAULT_TIMEOUT_MS = 2_000;

export interface EngineReply {
  status: number;
  body: string;
}

export interface EngineCall {
  json?: unknown;
  tar?: Readable;
  timeoutMs?: number;
}

/** One plain call to an engine, for setting up and clearing away. Everything else goes through packages/engine. */
export async function engineRequest(
  engine: string,
  method: string,
  path: string,
  call: EngineCall = {},
): Promise<EngineReply> {
  const { promise, resolve, reject } = Promise.withResolvers<EngineReply>();
  const headers = { "content-type": call.tar ? "application/x-tar" : "application/json" };
  const signal = AbortSignal.timeout(call.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const outgoing = request({ ...target(engine), method, path, headers, signal, agent: false }, (response) => {
    text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
  });
  outgoing.on("error", reject);
  if (call.tar) call.tar.pipe(outgoing);
  else outgoing.end(call.json === undefined ? undefined : JSON.stringify(call.json));
  return promise;
}

/** The body of a GET as it comes, for what is too large to hold. */
export async function engineDownload(engine: string, path: string): Promise<Readable> {
  const { promise, resolve, reject } = Promise.withResolvers<Readable>();
  const outgoing = request({ ...target(engine), method: "GET", path, agent: false }, (response) => {
    if (response.statusCode === 200) return resolve(response);
    text(response).then((body) => reject(new Error(`GET ${path}: ${response.statusCode} ${body}`)), reject);
  });
  outgoing.on("error", reject).end();
  return promise;
}

export async function engineAnswers(engine: string): Promise<boolean> {
  return engineRequest(engine, "GET", "/_ping").then(
    ({ status }) => status === 200,
    () => false,
  );
}

function target(engine: string): { socketPath: string; host: string } | { host: string; port: number } {
  if (engine.startsWith("unix://")) return { socketPath: engine.slice("unix://".length), host: "engine" };
  const url = URL.canParse(engine) ? new URL(engine) : undefined;
  if (url?.protocol === "tcp:" || url?.protocol === "http:")
    return { host: url.hostname, port: Number(url.port || 2375) };
  throw new ServiceError(
    "unreachable",
    `DOCKER_HOST=${engine} is not an address Hafen can use.\nUse unix:///path/to/docker.sock or tcp://host:port.`,
  );
}
