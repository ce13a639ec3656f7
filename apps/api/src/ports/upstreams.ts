import { Agent, type AgentOptions, type ClientRequest } from "node:http";
import type { Duplex } from "node:stream";

/** What a request to an agent below also says. */
export interface Dialling {
  /** Whose connection it is: container, port and who may reach it. */
  host: string;
  dial: () => Promise<Duplex>;
}

const OPTIONS: AgentOptions = { keepAlive: true, maxFreeSockets: 2 };
/** What an agent does with sockets, for streams that are none. */
const ON_STREAMS = {
  createConnection: create,
  keepSocketAlive: () => true,
  reuseSocket: (_stream: Duplex, request: ClientRequest) => void (request.reusedSocket = true),
};
const agents = new WeakMap<Duplex, Agent>();

/**
 * The connections to containers that one client connection keeps, and ends with. Never shared between clients: whatever one makes a
 * server in a container say out of turn, no other can be given. Idle ones to another place than the one it asks for now are let go, so
 * that a proxy's connection, on which everybody's requests come, does not collect them.
 */
export function upstreamsOf(client: Duplex, name: string): Agent {
  const agent = agents.get(client) ?? begin(client);
  for (const [key, sockets = []] of Object.entries(agent.freeSockets)) {
    if (!key.startsWith(`${name}:`)) for (const socket of sockets) socket.destroy();
  }
  return agent;
}

function begin(client: Duplex): Agent {
  const agent = Object.assign(new Agent(OPTIONS), ON_STREAMS);
  agents.set(client, agent);
  client.once("close", () => agent.destroy());
  return agent;
}

type Created = (error: Error | null, socket: Duplex) => void;

/** Both of an agent and of a single request. */
export function create(options: object, created?: Created): undefined {
  (options as Dialling).dial().then(
    (socket) => created?.(null, socket),
    (error: Error) => created?.(error, undefined as never),
  );
}
