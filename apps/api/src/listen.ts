import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { REQUEST_HEAD_BYTES } from "@hafen/contract";
import { getRequestListener } from "@hono/node-server";
import type { App } from "./mount.ts";
import type { Ports } from "./ports/ports.ts";
import { acceptUpgrades, wantsWebSocket } from "./upgrades.ts";

export interface Listening {
  port: number;
  close(): Promise<void>;
}

const CLOSE_MS = 2_000;

/** Serves the api's own routes, and before them the addresses of containers' ports, on one address. */
export async function listen(app: App, ports: Ports, where: { hostname: string; port: number }): Promise<Listening> {
  const own = getRequestListener(app.fetch, { hostname: where.hostname });
  const answer = (request: IncomingMessage, response: ServerResponse) =>
    ports.takes(request) ? ports.serve(request, response) : void own(request, response);
  const server = createServer(
    {
      maxHeaderSize: REQUEST_HEAD_BYTES,
      shouldUpgradeCallback: (request) => (ports.takes(request) ? ports.upgrades(request) : wantsWebSocket(request)),
    },
    answer,
  );
  // Whether to send the body is for the container to say; our own routes always want it.
  server.on("checkContinue", (request, response) => {
    if (!ports.takes(request)) response.writeContinue();
    answer(request, response);
  });
  // A head must come soon; a body may be a large upload. Followed logs end with their container, not with a time-out.
  server.headersTimeout = 15_000;
  server.requestTimeout = 30 * 60_000;
  server.keepAliveTimeout = 65_000;
  const upgrades = acceptUpgrades(server, app, ports);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(where.port, where.hostname, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      upgrades.close();
      ports.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), CLOSE_MS).unref();
      await closed;
    },
  };
}
