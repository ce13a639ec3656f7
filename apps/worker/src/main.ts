import { readFileSync } from "node:fs";
import {
  IdleWatch,
  keysOf,
  LABELS,
  readRegistryPolicy,
  restoreSecretFiles,
  knownHoles,
  startAfterBoot,
  Transfers,
  Turns,
  type HostCtx,
} from "@hafen/core";
import { migrate, openDatabase } from "@hafen/db";
import { openDocker } from "@hafen/engine";
import { endWithParent, errorFields, onShutdown, openLog, openMetrics, readConfig, readSecret } from "@hafen/process";
import { chooseConnection, openBackend, openQueues, startWorkers, type Payload } from "@hafen/queue";
import { RunningBuilds } from "./builds.ts";
import { WorkerConfig } from "./config.ts";
import { followEngine } from "./engine-events.ts";
import { fenced } from "./fence.ts";
import { hostHandlers, unplacedHandlers } from "./handlers.ts";
import { canFilter } from "./egress/can-filter.ts";
import { innerRegistries } from "./egress/inner-registries.ts";
import { openOutward } from "./egress/outward.ts";
import { acquireLease } from "./lease.ts";
import { OpenStreams } from "./listener/open-streams.ts";
import { openListener } from "./listener/server.ts";
import { startSweep } from "./sweep.ts";

const config = readConfig(WorkerConfig, process.env);
const log = openLog("worker", config.HAFEN_LOG_LEVEL);
const shutdown = onShutdown(log);
if (config.HAFEN_END_WITH_PARENT === "1") endWithParent(shutdown);
const registries = readRegistryPolicy(config.HAFEN_REGISTRIES);
const secretKeys = keysOf(readSecret(config.HAFEN_SECRET_KEY, config.HAFEN_SECRET_KEY_FILE));
const stopping = new AbortController();
const metrics = openMetrics();

await migrate(config.DATABASE_URL);
const database = openDatabase(config.DATABASE_URL);
shutdown.add("database", database.close);
const engine = openDocker(config.DOCKER_HOST, { secretsDirectory: config.HAFEN_SECRETS_DIRECTORY || undefined });
shutdown.add("engine", () => engine.close());
const backend = openBackend(chooseConnection(config.REDIS_URL, config.DATABASE_URL), config.HAFEN_QUEUE_PREFIX);
shutdown.add("queue store", backend.close);
const jobs = openQueues(backend, (error, job) =>
  log.warn({ job, ...errorFields(error) }, "could not enqueue; the sweep will"),
);
shutdown.add("queues", jobs.close);

const streams = new OpenStreams();
const listener = await openListener({
  streams,
  address: config.HAFEN_STREAM_ADDRESS,
  port: config.HAFEN_STREAM_PORT,
  secret: config.HAFEN_STREAM_SECRET,
  log,
  metrics: () => metrics.metrics(),
});
const streamUrl = config.HAFEN_STREAM_URL ?? `http://${config.HAFEN_STREAM_ADDRESS}:${listener.port}`;
shutdown.add("waiting", () => stopping.abort());
const engineInfo = await engine.info();
const limits = {
  bytesPerSecond: config.HAFEN_EGRESS_BYTES_PER_SECOND,
  connections: config.HAFEN_EGRESS_CONNECTIONS,
  connectionsPerSecond: config.HAFEN_EGRESS_CONNECTIONS_PER_SECOND,
};
const egressFirewall = await canFilter(config.DOCKER_HOST, config.HAFEN_ENGINE_NAMESPACE, limits);
const lease = await acquireLease(
  database.db,
  {
    name: config.HAFEN_HOST_NAME,
    streamUrl,
    engine: engineInfo,
    egressFirewall,
    secretKeyIds: [...(secretKeys?.all.keys() ?? [])],
  },
  stopping.signal,
);
shutdown.add("lease", lease.close);
shutdown.add("listener", listener.close);
lease.keep((reason) => {
  log.fatal({ reason }, "this worker may no longer act for its host");
  process.exit(1);
});

const seccomp =
  config.HAFEN_SECCOMP_PROFILE === undefined ? undefined : readFileSync(config.HAFEN_SECCOMP_PROFILE, "utf8");
// Of an engine of Hafen's own what its users run must not go unfiltered: there it is opened, or the worker ends.
const outward =
  egressFirewall || config.HAFEN_ENGINE_NAMESPACE !== undefined
    ? await openOutward({
        db: database.db,
        hostId: lease.hostId,
        namespace: config.HAFEN_ENGINE_NAMESPACE,
        resolvers: config.HAFEN_RESOLVERS,
        registries: await innerRegistries(registries.allowed),
        holds: lease.holds,
        log,
        limits,
      })
    : undefined;
if (!outward) log.error({}, "no packet filter can be set here: containers reach whatever the engine lets them");
if (outward) shutdown.add("resolver and flows", outward.close);
const ctx: HostCtx = {
  db: database.db,
  jobs,
  engine: fenced(engine, lease.holds),
  engineAddress: config.DOCKER_HOST,
  hostId: lease.hostId,
  seccomp,
  cgroupRoot: config.HAFEN_CGROUP_ROOT,
  filesBytes: config.HAFEN_FILES_BYTES,
  imageBytes: config.HAFEN_IMAGE_BYTES,
  registries,
  secretKeys,
  cloneBytes: config.HAFEN_CLONE_BYTES,
  transfers: new Transfers(),
  egress: outward?.egress,
};
await restoreSecretFiles(ctx);
await startAfterBoot(ctx, readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
const turns = new Turns((id, error) =>
  log.warn({ [LABELS.id]: id, ...errorFields(error) }, "converge failed; the sweep tries again"),
);
const builds = new RunningBuilds(ctx);
const handlers = hostHandlers(ctx, turns, builds);
listener.serve(ctx);
const workers = await startWorkers(
  backend,
  lease.hostId,
  { host: handlers, unplaced: unplacedHandlers(ctx) },
  (error) => log.warn(errorFields(error), "job failed; its row is tried again"),
);
shutdown.add("jobs", async () => {
  builds.close();
  await Promise.all([workers.close(), turns.close()]);
});

const nudge = (row: Payload) => void handlers["container.converge"](row);
const sweep = startSweep(
  ctx,
  builds,
  outward,
  new IdleWatch(() => streams.takeUsed()),
  nudge,
  log,
  { auditDays: config.HAFEN_AUDIT_DAYS },
  stopping.signal,
);
const following = followEngine(ctx, log, { nudge, reconnected: sweep.reconcileSoon }, stopping.signal);
shutdown.add("sweep", async () => {
  stopping.abort();
  await Promise.all([sweep.done, following]);
});
for (const hole of knownHoles(engineInfo.components)) log.warn(hole, "known hole of an installed program");
log.info({ host: config.HAFEN_HOST_NAME, hostId: lease.hostId, streamUrl }, "ready");
