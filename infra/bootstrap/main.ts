import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { ensureAdmin } from "@hafen/core";
import { migrate, openDatabase } from "@hafen/db";
import { Hafen } from "@hafen/sdk";
import { openServices, ServiceError } from "../services/index.ts";
import { ensureBaseImage } from "./base-image.ts";
import { bootstrapConfig, type BootstrapConfig } from "./config.ts";
import { credentialsPath, readCredentials, readSecrets, writeCredentials } from "./credentials.ts";
import { showMainJob } from "./demo.ts";
import { programEnvironments } from "./environment.ts";
import { heading, output, say, shell } from "./print.ts";
import { keepRunning } from "./program.ts";
import { untilReady } from "./ready.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
const parts: { name: string; close: () => Promise<void> }[] = [];

try {
  await start(bootstrapConfig(process.env));
  if (!stop.signal.aborted) await once(stop.signal, "abort");
} catch (error) {
  if (!stop.signal.aborted) {
    console.error(error instanceof ServiceError ? error.message : error);
    process.exitCode = 1;
  }
}
if (parts.length > 0) console.log("");
for (const { name, close } of parts.toReversed()) {
  say(`stopping ${name}`);
  await close().catch((error: unknown) => {
    console.error(`${name}: ${String(error)}`);
    process.exitCode = 1;
  });
}
process.exit();

/** Opens everything in order; whatever was opened is in `parts`, to be closed in the reverse order. */
async function start(config: BootstrapConfig): Promise<void> {
  const { home, url, env } = config;
  await refuseTakenPort(config);
  const services = await openServices({ home, env, say });
  parts.push({ name: "database, queue and engine (containers run on)", close: () => services.close() });
  say(`database, queue and engine run; the data is in ${home}`);
  stop.signal.throwIfAborted();

  await migrate(services.databaseUrl).catch((cause: Error) => {
    if (!env["DATABASE_URL"]) throw cause;
    throw new ServiceError(
      "unreachable",
      `The database of DATABASE_URL cannot be used: ${cause.message}.\nMend the URL, or unset it and let Hafen run a database of its own.`,
      { cause },
    );
  });
  const database = openDatabase(services.databaseUrl, { connections: 1 });
  const apiKey = await ensureAdmin(database.db, "admin", (await readCredentials(home))?.apiKey).finally(database.close);

  const secrets = await readSecrets(home);
  const environments = programEnvironments(env, {
    ...services,
    ...config,
    secrets,
    seccompProfile: services.ownEngine ? undefined : join(config.root, "infra/seccomp/hafen.json"),
  });
  for (const name of ["worker", "api"] as const) {
    const main = `apps/${name}/src/main.ts`;
    const kept = await keepRunning({ name, main, env: environments[name], root: config.root, home, say });
    parts.push({ name, close: kept.stop });
  }
  await untilReady(url, stop.signal);
  await writeCredentials(home, { url, apiKey, engine: services.engine });
  say(`ready at ${url}`);

  const hafen = new Hafen({ url, apiKey });
  // The service is ready without either: what hinders them, such as a machine without a network, is said and no more.
  const hasBase = await orSay(
    "debian:bookworm is not in the catalog",
    ensureBaseImage(config, services.engine, hafen, say),
  );
  if (config.demo && hasBase)
    await orSay("the main job could not be shown", showMainJob(hafen, config.root, stop.signal));
  goOn(config);
}

async function orSay(what: string, work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (stop.signal.aborted) throw error;
    say(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function refuseTakenPort({ port, address }: BootstrapConfig): Promise<void> {
  const probe = createServer();
  probe.listen(port, address);
  await once(probe, "listening").catch(() => {
    throw new ServiceError(
      "busy",
      `Port ${port} of ${address} is taken by another program.\nRun: HAFEN_PORT=${port + 1} npm start     (or stop that program)`,
    );
  });
  probe.close();
  await once(probe, "close");
}

function goOn({ url, home }: BootstrapConfig): void {
  heading(`Hafen runs at ${url}   (its API: ${url}/docs)`);
  output(`The admin's key is in ${credentialsPath(home)}. To go on:`);
  shell(`KEY=$(sed -n 's/.*"apiKey": "\\(.*\\)",/\\1/p' ${credentialsPath(home)})`);
  shell(`curl -H "Authorization: Bearer $KEY" ${url}/v1/images`);
  shell(
    `curl -H "Authorization: Bearer $KEY" -H 'Prefer: wait=30' ${url}/v1/containers --json '{"image":"debian:bookworm","name":"first","command":["sleep","600"]}'`,
  );
  shell(
    `curl -H "Authorization: Bearer $KEY" ${url}/v1/containers/first/exec --json '{"command":["cat","/etc/os-release"]}'`,
  );
  output("Ctrl-C stops it; your containers run on, and the next npm start takes them up.");
}
