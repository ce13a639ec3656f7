import { randomBytes } from "node:crypto";
import { globSync } from "node:fs";
import { join } from "node:path";
import { makeBusybox, makeDebian } from "../images/index.ts";
import { openServices, ServiceError, type Services } from "../services/index.ts";
import { ensurePrograms } from "../services/packages.ts";
import { removeContainers } from "./leftovers.ts";
import { openRegistry } from "./registry.ts";
import { runTests } from "./run.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PLACES = ["packages/**/*.test.ts", "apps/**/*.test.ts", "infra/**/*.test.ts", "test/**/*.test.ts"];
const OUTSIDE = ["HAFEN_HOME", "DATABASE_URL", "REDIS_URL", "DOCKER_HOST"];

/** Of the registry that lets nobody else in. */
const LOGIN = { username: "alice", password: `registry-${randomBytes(12).toString("hex")}` };

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupted.abort());
const exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof ServiceError ? error.message : error);
  console.log("0 passed, 1 failed");
  return 1;
});
// A process that a test has left behind may hold our pipes open; waiting for it could take for ever.
process.stdout.write("", () => process.exit(exitCode));

async function main(patterns: string[]): Promise<number> {
  const files = testFiles(patterns);
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
    if (interrupted.signal.aborted) return 1;
    const { passed, failed } = await runTests(files, interrupted.signal);
    console.log(`${passed} passed, ${failed} failed`);
    return failed === 0 && passed > 0 && !interrupted.signal.aborted ? 0 : 1;
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

/** All test files, or those whose path contains one of the patterns. */
function testFiles(patterns: string[]): string[] {
  const all = globSync(PLACES, { cwd: ROOT, exclude: ["**/node_modules/**", "test/bench/**"] }).toSorted();
  const files = all.filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)));
  if (files.length === 0)
    throw new ServiceError("missing", `No test file matches ${patterns.join(" ") || PLACES.join(" ")}.`);
  return files.map((file) => join(ROOT, file));
}

function without(env: NodeJS.ProcessEnv, names: string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}
