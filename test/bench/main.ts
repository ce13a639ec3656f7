import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ServiceError } from "@hafen/infra";
import { startWorld, type World } from "../support/index.ts";
import { openBare, type Bare } from "./bare.ts";
import { cachedBuild } from "./builds.ts";
import { createToFirstOutput, createToRunning, exec } from "./containers.ts";
import { reads } from "./reads.ts";
import { machine, print, type Report } from "./report.ts";
import { openBenchServices } from "./services.ts";

const RESULTS = join(import.meta.dirname, "..", "..", "bench-results.json");
const FULL = { containers: { warmUp: 5, counted: 40 }, execs: { warmUp: 10, counted: 100 }, builds: { warmUp: 3, counted: 30 }, reads: { warmUp: 300, counted: 3_000 } };
const QUICK = { containers: { warmUp: 1, counted: 5 }, execs: { warmUp: 2, counted: 10 }, builds: { warmUp: 1, counted: 4 }, reads: { warmUp: 50, counted: 300 } };
const QUOTA = { containers: 1_000, running: 1_000, cpus: 1_000, memoryBytes: 2 ** 50 };

const { values: flags } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const interrupted = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => interrupted.abort(new Error(name)));

const services = await openBenchServices().catch((error: unknown) => {
  console.error(error instanceof ServiceError ? error.message : error);
  process.exit(1);
});
try {
  await using world = await startWorld();
  const report = await measure(world, services.engine);
  print(report);
  const [row] = await world.database.sql<{ version: string }[]>`select current_setting('server_version') as version`;
  const facts = await machine((await world.engine.info()).version, row?.version ?? "");
  writeFileSync(RESULTS, `${JSON.stringify({ machine: facts, quick: flags.quick, ...report }, null, 2)}\n`);
  console.log(`\nwritten to ${RESULTS}`);
} finally {
  await services.close();
}

async function measure(world: World, engine: string): Promise<Report> {
  const rounds = flags.quick ? QUICK : FULL;
  const { signal } = interrupted;
  const user = await world.user("bench", QUOTA);
  const { digest } = await user.images.get("busybox");
  const name = `hafen-${world.hostName}`;
  const base = `${name}:base`;
  const bare: Bare = openBare(engine, name);
  try {
    await bare.docker.getImage(digest).tag({ repo: name, tag: "base" });
    await world.admin.images.tag("busybox", base);
    const containers = { user, bare, image: base, signal };
    say("create→running");
    const running = await createToRunning({ ...containers, rounds: rounds.containers });
    say("create→first output");
    const output = await createToFirstOutput({ ...containers, rounds: rounds.containers });
    say("exec");
    const execs = await exec({ ...containers, rounds: rounds.execs });
    say("cached build");
    const builds = await cachedBuild({ user, bare, base, rounds: rounds.builds, signal });
    say("reads with 100,000 rows");
    const read = await reads(world, rounds.reads, signal);
    return {
      lines: [...running.lines, ...output, ...execs.lines, ...builds.lines, ...read.lines],
      aims: [...running.aims, ...execs.aims, ...builds.aims, ...read.aims],
      stages: running.stages,
    };
  } finally {
    await bare.docker.getImage(base).remove().catch(() => {}); // interrupted before there was one
    await bare.close();
  }
}

function say(what: string): void {
  console.log(`# ${what}`);
}
