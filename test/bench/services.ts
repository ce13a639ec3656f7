import { join } from "node:path";
import { openServices } from "@hafen/infra";
import { makeBusybox } from "@hafen/infra/images";
import { requireEnv } from "../support/index.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const OUTSIDE = ["HAFEN_HOME", "DATABASE_URL", "REDIS_URL", "DOCKER_HOST"];

/** The tests' services, opened as `npm test` does; with HAFEN_TEST_USE_ENV=1 those that the environment names. */
export async function openBenchServices(): Promise<{ engine: string; close(): Promise<void> }> {
  if (process.env["HAFEN_TEST_USE_ENV"] === "1")
    return { engine: requireEnv("HAFEN_TEST_ENGINE"), close: async () => {} };
  const home = process.env["HAFEN_TEST_HOME"] ?? join(ROOT, ".hafen-test");
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OUTSIDE.includes(name)));
  const services = await openServices({ home, env, say: (line) => console.log(`# ${line}`) });
  try {
    const busybox = join(home, "images", "busybox.tar");
    await makeBusybox(busybox);
    Object.assign(process.env, {
      HAFEN_TEST_DATABASE_URL: services.databaseUrl,
      HAFEN_TEST_REDIS_URL: services.redisUrl ?? "",
      HAFEN_TEST_ENGINE: services.engine,
      HAFEN_TEST_BUSYBOX_TAR: busybox,
    });
    return services;
  } catch (error) {
    await services.close();
    throw error;
  }
}
