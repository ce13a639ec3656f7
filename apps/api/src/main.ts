import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { REQUEST_HEAD_BYTES } from "@hafen/contract";
import { listenForChanges, migrate, openDatabase } from "@hafen/db";
import { endWithParent, errorFields, onShutdown, openLog, openMetrics, readConfig } from "@hafen/process";
import { chooseConnection, openBackend, openQueues } from "@hafen/queue";
import { buildApp } from "./app.ts";
import { ApiConfig } from "./config.ts";
import { acceptUpgrades, wantsWebSocket } from "./upgrades.ts";

const config = readConfig(ApiConfig, process.env);
const log = openLog("api", config.HAFEN_LOG_LEVEL);
const shutdown = onShutdown(log);
if (config.HAFEN_END_WITH_PARENT === "1") endWithParent(shutdown);

await migrate(config.DATABASE_URL);
const database = openDatabase(config.DATABASE_URL, { connections: 20 });
shutdown.add("database", database.close);
const changes = await listenForChanges(database.sql);
shutdown.add("notifications", changes.close);
const backend = openBackend(chooseConnection(config.REDIS_URL, config.DATABASE_URL), config.HAFEN_QUEUE_PREFIX);
shutdown.add("queue store", backend.close);
const queues = openQueues(backend, (error, job) =>
  log.warn({ job, ...errorFields(error) }, "could not enqueue; the sweep will"),
);
shutdown.add("queues", queues.close);

const app = buildApp({
  database,
  changes,
  queues,
  pingQueue: backend.ping,
  streamSecret: config.HAFEN_STREAM_SECRET,
  limits: {
    contextBytes: config.HAFEN_CONTEXT_BYTES,
    contextEntries: config.HAFEN_CONTEXT_ENTRIES,
    imageBytes: config.HAFEN_IMAGE_BYTES,
  },
  log,
  metrics: openMetrics(),
});
const server = await new Promise<Server>((resolve, reject) => {
  const where = { hostname: config.HAFEN_ADDRESS, port: config.HAFEN_PORT };
  const made = serve(
    {
      fetch: app.fetch,
      ...where,
      serverOptions: { shouldUpgradeCallback: wantsWebSocket, maxHeaderSize: REQUEST_HEAD_BYTES },
    },
    (address) => {
      log.info({ address: config.HAFEN_ADDRESS, port: address.port }, "ready");
      resolve(made as Server);
    },
  );
  (made as Server).on("error", reject);
});
// A head must come soon; a body may be a large upload. Followed logs end with their container, not with a time-out.
server.headersTimeout = 15_000;
server.requestTimeout = 30 * 60_000;
server.keepAliveTimeout = 65_000;
const upgrades = acceptUpgrades(server, app);
shutdown.add("http", async () => {
  upgrades.close();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), 2_000).unref();
  await closed;
});
