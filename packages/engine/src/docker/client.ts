import { Agent } from "node:http";
import { inspect } from "node:util";
import Docker from "dockerode";
import type { DiskUsage } from "../engine.ts";
import { EngineError } from "../error.ts";
import type { ContainerCgroup } from "./cgroup/find.ts";

export interface Client {
  docker: Docker;
  agent: Agent;
  /** Where memory is mounted for secrets; undefined: nowhere. */
  secretsDirectory: string | undefined;
  /** Once it was asked for. */
  cgroupDriver?: string;
  /** The walk that is under way. */
  walk?: Promise<DiskUsage> | undefined;
  /** Who waits for which name of an image: see `holdName`. */
  names: Map<string, Promise<void>>;
  /** The making of a network that is under way, by its name. */
  networks: Map<string, Promise<void>>;
  /** Of containers that were found running here, by id; see `findCgroup`. */
  cgroups: Map<string, ContainerCgroup>;
}

/** docker-modem writes out the options of every request, agent and open sockets included, even with its debug log off: 2 ms a call. */
class TerseAgent extends Agent {
  [inspect.custom](): string {
    return "Agent";
  }
}

/** `unix:///path/docker.sock` or `tcp://address:port`. */
export function connect(host: string, secretsDirectory?: string): Client {
  const agent = new TerseAgent({ keepAlive: true });
  const withAgent: object = { agent };
  return {
    docker: new Docker({ ...addressOf(host), protocol: "http", ...withAgent }),
    agent,
    secretsDirectory,
    names: new Map(),
    networks: new Map(),
    cgroups: new Map(),
  };
}

/** What is undefined here is set on purpose: dockerode would fill it from DOCKER_HOST, and the caller says which engine. */
function addressOf(host: string) {
  if (host.startsWith("unix:///"))
    return { host: undefined, port: undefined, socketPath: host.slice("unix://".length) };
  if (!host.startsWith("tcp://") || !URL.canParse(host))
    throw new EngineError("invalid", `not an engine address: ${host}`);
  const { hostname, port } = new URL(host);
  return { host: hostname, port: port || "2375", socketPath: undefined };
}

/** dockerode puts names into paths as they come; this keeps a name from becoming another path or query. */
export function checkedName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.:/@-]*$/.test(name) && !name.includes("..")) return name;
  throw new EngineError("invalid", `not a name the engine can hold: ${JSON.stringify(name)}`);
}

/** For what dockerode or its types cannot be told: a size, an abort signal. */
export function getJson<T>(
  client: Client,
  path: string,
  query: Record<string, string>,
  abortSignal: AbortSignal,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const options = { path: `${path}?`, method: "GET", options: query, abortSignal, statusCodes: { 200: true } };
  client.docker.modem.dial(options, (error, answer) => (error ? reject(error) : resolve(answer as T)));
  return promise;
}
