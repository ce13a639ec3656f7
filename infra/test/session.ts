import { randomBytes } from "node:crypto";
import { globSync } from "node:fs";
import { join } from "node:path";
import { makeBusybox, makeDebian } from "../images/index.ts";
import { openServices, ServiceError, type Services } from "../services/index.ts";
import { ensurePrograms } from "../services/packages.ts";
import { removeContainers } from "./leftovers.ts";
import { openRegistry } from "./registry.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const OUTSIDE = ["HAFEN_HOME", "DATABASE_URL", "REDIS_URL", "DOCKER_HOST"];

/** Of the registry that lets nobody else in. */
const LOGIN = { username: "alice", password: `registry-${randomBytes(12).toString("hex")}` };

/** The test files of these places, or those of them whose path contains one of the patterns; then the process ends. */
export async function runSession(
  places: string[],
  patterns: string[],
  work: (files: string[], signal: AbortSignal) => Promise<boolean>,
): Promise<void> {
  const interrupted = new AbortController();
  const { signal } = interrupted;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => interrupted.abort());
  const passed = await session().catch((error: unknown) => {
    console.error(error instanceof ServiceError ? error.message : error);
    console.log("0 passed, 1 failed");
    return false;
  });
  // A process that a test has left behind may hold our pipes open; waiting for it could take for ever.
  process.stdout.write("", () => process.exit(passed ? 0 : 1));

  async function session(): Promise<boolean> {
    const files = testFiles(places, patterns);
    return withServices(async () => !signal.aborted && (await work(files, signal)) && !signal.aborted);
  }
}

/** Opens what the tests need, and tells them in the environment where it is. */
async function withServices<T>(work: () => Promise<T>): Promise<T> {
  const home = process.env.HAFEN_TEST_HOME ?? join(ROOT, ".hafen-test");
  const env = process.env.HAFEN_TEST_USE_ENV === "1" ? process.env : without(process.env, OUTSIDE);
  const say = (line: string) => console.log(`# ${line}`);
  const services = await openServices({ home, env, say });
  await using registries = new AsyncDisposableStack();
  try {
    if (services.ownEngine) await removeContainers(services.engine); // of a run that was killed
    await ensurePrograms(["docker-registry", "faketime"], process.env, say);
    const open = registries.use(await openRegistry(services.engine));
    const guarded = registries.use(await openRegistry(services.engine, LOGIN));
    Object.assign(process.env, await testEnvironment(services, home), {
      HAFEN_TEST_REGISTRY: open.host,
      HAFEN_TEST_GUARDED_REGISTRY: `http://${LOGIN.username}:${LOGIN.password}@${guarded.host}`,
    });
    return await work();
  } finally {
    if (services.ownEngine) await removeContainers(services.engine);
    await services.close();
  }
}

async function testEnvironment(services: Services, home: string): Promise<NodeJS.ProcessEnv> {
  const busybox = join(home, "images", "busybox.tar");
  const debian = join(home, "images", "debian-bookworm.tar");
  console.log("# making the base images, unless they are there");
  await Promise.all([makeBusybox(busybox), makeDebian(debian)]);
  return {
    HAFEN_TEST_DATABASE_URL: services.databaseUrl,
    HAFEN_TEST_REDIS_URL: services.redisUrl ?? "",
    HAFEN_TEST_ENGINE: services.engine,
    HAFEN_TEST_BUSYBOX_TAR: busybox,
    HAFEN_TEST_DEBIAN_TAR: debian,
  };
}

function testFiles(places: string[], patterns: string[]): string[] {
  const all = globSync(places, { cwd: ROOT, exclude: ["**/node_modules/**", "test/bench/**"] }).toSorted();
  const files = all.filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)));
  if (files.length === 0)
    throw new ServiceError("missing", `No test file matches ${patterns.join(" ") || places.join(" ")}.`);
  return files.map((file) => join(ROOT, file));
}

function without(env: NodeJS.ProcessEnv, names: string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}
