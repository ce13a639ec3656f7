import { countInWindow, listenForChanges, migrate, openDatabase } from "@hafen/db";
import { keysOf, readRegistryPolicy, readStrangersPolicy } from "@hafen/core";
import { endWithParent, errorFields, onShutdown, openLog, openMetrics, readConfig, readSecret } from "@hafen/process";
import { chooseConnection, openBackend, openQueues } from "@hafen/queue";
import { buildApp } from "./app.ts";
import { openAuditor } from "./auditor.ts";
import { readTrustedProxies } from "./client-address.ts";
import { ApiConfig } from "./config.ts";
import { readOrigins } from "./http/origins.ts";
import { tlsFiles } from "./http/tls.ts";
import { listen } from "./listen.ts";
import { openPorts } from "./ports/ports.ts";
import { openRateLimits } from "./rate-limits/rate-limits.ts";
import { openSlots } from "./slots.ts";

const config = readConfig(ApiConfig, process.env);
const log = openLog("api", config.HAFEN_LOG_LEVEL);
const shutdown = onShutdown(log);
if (config.HAFEN_END_WITH_PARENT === "1") endWithParent(shutdown);

await migrate(config.DATABASE_URL);
const database = openDatabase(config.DATABASE_URL, { connections: 20 });
shutdown.add("database", database.close);
const auditor = openAuditor(database.db, log);
shutdown.add("audit", auditor.close);
const changes = await listenForChanges(database.sql);
shutdown.add("notifications", changes.close);
const backend = openBackend(chooseConnection(config.REDIS_URL, config.DATABASE_URL), config.HAFEN_QUEUE_PREFIX);
shutdown.add("queue store", backend.close);
const queues = openQueues(backend, (error, job) =>
  log.warn({ job, ...errorFields(error) }, "could not enqueue; the sweep will"),
);
shutdown.add("queues", queues.close);

const metrics = openMetrics();
const rateLimits = openRateLimits(
  { key: config.HAFEN_RATE_KEY, address: config.HAFEN_RATE_ADDRESS, failures: config.HAFEN_RATE_FAILURES },
  backend.countInWindow ?? ((...asked) => countInWindow(database.db, ...asked)),
  { log, metrics },
);
const deps = {
  database,
  changes,
  queues,
  pingQueue: backend.ping,
  streamSecret: config.HAFEN_STREAM_SECRET,
  registries: readRegistryPolicy(config.HAFEN_REGISTRIES),
  secretKeys: keysOf(readSecret(config.HAFEN_SECRET_KEY, config.HAFEN_SECRET_KEY_FILE)),
  strangers: readStrangersPolicy(config.HAFEN_STRANGERS),
  limits: {
    contextBytes: config.HAFEN_CONTEXT_BYTES,
    contextEntries: config.HAFEN_CONTEXT_ENTRIES,
    imageBytes: config.HAFEN_IMAGE_BYTES,
  },
  slots: openSlots(),
  egressPolicy: config.HAFEN_EGRESS,
  origins: readOrigins(config.HAFEN_CORS_ORIGINS),
  auditor,
  trustedProxies: readTrustedProxies(config.HAFEN_TRUSTED_PROXIES),
  portsDomain: config.HAFEN_PORTS_DOMAIN,
  log,
  metrics,
  rateLimits,
};
const listening = await listen(buildApp(deps), openPorts(deps), deps, {
  hostname: config.HAFEN_ADDRESS,
  port: config.HAFEN_PORT,
  tls: tlsFiles(config.HAFEN_TLS_CERT_FILE, config.HAFEN_TLS_KEY_FILE),
  connections: { total: config.HAFEN_CONNECTIONS, perAddress: config.HAFEN_CONNECTIONS_PER_ADDRESS },
  stallMs: config.HAFEN_STALL_SECONDS * 1000,
});
shutdown.add("http", listening.close);
log.info({ address: config.HAFEN_ADDRESS, port: listening.port }, "ready");
