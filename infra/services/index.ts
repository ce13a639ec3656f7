import { claimHome } from "./claim.ts";
import { openEngine } from "./engine.ts";
import { findProgram } from "./command.ts";
import { engineAnswers } from "./engine-request.ts";
import { ServiceError } from "./error.ts";
import { keepOpen } from "./keep-open.ts";
import { ensurePrograms, type Program, type Say } from "./packages.ts";
import { isRoot, openPlaces, secretsDirectory, type Places } from "./places.ts";
import { openPostgres } from "./postgres.ts";
import { openRedis } from "./redis.ts";
import type { Service } from "./service.ts";

export { engineDownload, engineRequest, type EngineCall, type EngineReply } from "./engine-request.ts";
export { ServiceError, type ServiceErrorCode } from "./error.ts";

export interface Services {
  databaseUrl: string;
  /** Undefined where no Redis is to be had; queues then live in Postgres. */
  redisUrl: string | undefined;
  /** The engine's address, as in DOCKER_HOST. */
  engine: string;
  ownEngine: boolean;
  /** Of an own engine: where its packets are filtered, and whom it asks for names. */
  engineNamespace: string | undefined;
  resolvers: string[];
  /** Where the worker may mount memory; undefined where it may not. */
  secretsDirectory: string | undefined;
  /** Stops what was opened here, and only that. Containers run on. */
  close(): Promise<void>;
}

export interface ServicesOptions {
  home: string;
  env: NodeJS.ProcessEnv;
  say: Say;
}

const ENGINE_PROGRAMS: Program[] = [
  "dockerd",
  "containerd",
  "runc",
  "iptables",
  "nft",
  "ip",
  "nsenter",
  "xz",
  "mmdebstrap",
];

/** What the environment names is used as it is; the rest is installed, started, or found running again after a crash. */
export async function openServices({ home, env, say }: ServicesOptions): Promise<Services> {
  const wantsEngine = !env.DOCKER_HOST;
  const wantsRedis = !env.REDIS_URL;
  if (wantsEngine) refuseWithoutRoot();
  const places = await openPlaces(home, env);
  const release = await claimHome(places);
  const opened: Service[] = [];
  const keep = async <T extends Service | undefined>(opening: Promise<T>): Promise<T> => {
    const service = await opening;
    if (service) opened.push(service);
    return service;
  };
  const close = async () => {
    const results = await Promise.allSettled(opened.map((service) => service.close()));
    release();
    const failures = results.filter((result) => result.status === "rejected").map((result) => result.reason as unknown);
    if (failures.length > 0)
      throw new AggregateError(failures, `not everything could be stopped: ${failures.map(String).join("; ")}`);
  };

  try {
    if (wantsEngine)
      await ensurePrograms(wantsRedis ? [...ENGINE_PROGRAMS, "redis-server"] : ENGINE_PROGRAMS, env, say);
    const [postgres, redis, engine] = await allOrFirstError([
      env.DATABASE_URL ? undefined : keep(keepOpen("Postgres", () => openPostgres(places, say), say)),
      wantsRedis ? keep(openOrInstallRedis(places, env, say)) : undefined,
      wantsEngine
        ? keep(keepOpen("the engine", () => openEngine(places, env), say))
        : useEngine(env.DOCKER_HOST as string),
    ]);
    return {
      databaseUrl: env.DATABASE_URL || (postgres as { databaseUrl: string }).databaseUrl,
      redisUrl: env.REDIS_URL || redis?.redisUrl,
      engine: engine.engine,
      ownEngine: wantsEngine,
      engineNamespace: engine.namespace,
      resolvers: engine.resolvers,
      secretsDirectory: isRoot ? secretsDirectory(places) : undefined,
      close,
    };
  } catch (error) {
    await close().catch((problem: unknown) => say(String(problem)));
    throw error;
  }
}

/** Waits for all, so that nothing starts behind the back of the one who cleans up. */
async function allOrFirstError<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

async function openOrInstallRedis(places: Places, env: NodeJS.ProcessEnv, say: Say) {
  await ensurePrograms(["redis-server"], env, say).catch(() =>
    say("no redis-server can be had: queues will live in Postgres"),
  );
  const program = findProgram("redis-server", env);
  return program === undefined ? undefined : keepOpen("Redis", () => openRedis(places, program), say);
}

async function useEngine(
  engine: string,
): Promise<{ engine: string; namespace: string | undefined; resolvers: string[] }> {
  if (await engineAnswers(engine)) return { engine, namespace: undefined, resolvers: [] };
  throw new ServiceError(
    "unreachable",
    `The engine at DOCKER_HOST=${engine} does not answer.\nStart it, or unset DOCKER_HOST and let Hafen run its own as root.`,
  );
}

function refuseWithoutRoot(): void {
  if (isRoot) return;
  throw new ServiceError(
    "missing",
    "Hafen needs root to run a container engine of its own, and DOCKER_HOST names no other.\nRun: sudo npm start     (or: DOCKER_HOST=unix:///var/run/docker.sock npm start)",
  );
}
