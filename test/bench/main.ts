import { writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ServiceError } from "@hafen/infra";
import type { Hafen } from "@hafen/sdk";
import { startWorld, type World } from "../support/index.ts";
import { openBare, type Bare } from "./bare.ts";
import { cachedBuild } from "./builds.ts";
import { createToFirstOutput, createToRunning } from "./containers.ts";
import { exec } from "./execs.ts";
import { ports } from "./ports.ts";
import { reads } from "./reads.ts";
import { machine, print, type Report } from "./report.ts";
import { openBenchServices } from "./services.ts";

const RESULTS = join(import.meta.dirname, "..", "..", "bench-results.json");
const FULL = {
  containers: { warmUp: 5, counted: 40 },
  execs: { warmUp: 30, counted: 100 },
  builds: { warmUp: 3, counted: 30 },
  reads: { warmUp: 300, counted: 3_000 },
};
const QUICK = {
  containers: { warmUp: 1, counted: 5 },
  execs: { warmUp: 2, counted: 10 },
  builds: { warmUp: 1, counted: 4 },
  reads: { warmUp: 50, counted: 300 },
};
const QUOTA = { containers: 1_000, running: 1_000, cpus: 1_000, memoryBytes: 2 ** 50 };

const { values: flags, positionals } = parseArgs({
  options: { quick: { type: "boolean", default: false } },
  allowPositionals: true,
});
const rounds = flags.quick ? QUICK : FULL;
const interrupted = new AbortController();
const { signal } = interrupted;
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => interrupted.abort(new Error(name)));

interface Bench {
  world: World;
  user: Hafen;
  bare: Bare;
  /** The image under a name that Hafen and the engine both know. */
  image: string;
}
/** In this order: the last fills the database. */
const MEASURES: Record<string, (bench: Bench) => Promise<Report>> = {
  running: (bench) => createToRunning({ ...bench, rounds: rounds.containers, signal }),
  output: (bench) => createToFirstOutput({ ...bench, rounds: rounds.containers, signal }),
  exec: (bench) => exec({ ...bench, rounds: rounds.execs, signal }),
  port: (bench) => ports({ ...bench, rounds: rounds.execs, signal }),
  build: ({ image, ...bench }) => cachedBuild({ ...bench, base: image, rounds: rounds.builds, signal }),
  read: ({ world }) => reads(world, rounds.reads, signal),
};

const [load = 0] = loadavg();
if (load > availableParallelism() / 2) {
  console.log(`# others use this machine (load ${load.toFixed(1)}): trust ratios and differences more than times`);
}

const services = await openBenchServices().catch((error: unknown) => {
  console.error(error instanceof ServiceError ? error.message : error);
  process.exit(1);
});
try {
  await using world = await startWorld();
  const report = await measure(world, services.engine);
  print(report);
  const [row] = await world.database.sql<{ version: string }[]>`select current_setting('server_version') as version`;
  const facts = await machine((await world.engine.info()).version, row?.version ?? "", load);
  writeFileSync(RESULTS, `${JSON.stringify({ machine: facts, quick: flags.quick, ...report }, null, 2)}\n`);
  console.log(`\nwritten to ${RESULTS}`);
} finally {
  await services.close();
}

/** All measures, or those that were named. */
async function measure(world: World, engine: string): Promise<Report> {
  const user = await world.user("bench", QUOTA);
  const { digest } = await user.images.get("busybox");
  const name = `hafen-${world.hostName}`;
  const image = `${name}:base`;
  const bare = openBare(engine, name);
  try {
    await bare.docker.getImage(digest).tag({ repo: name, tag: "base" });
    await world.admin.images.tag("busybox", image);
    const whole: Report = { lines: [], aims: [] };
    for (const [key, take] of Object.entries(MEASURES)) {
      if (positionals.length > 0 && !positionals.includes(key)) continue;
      console.log(`# ${key}`);
      const { lines, aims, ...rest } = await take({ world, user, bare, image });
      whole.lines.push(...lines);
      whole.aims.push(...aims);
      Object.assign(whole, rest);
    }
    return whole;
  } finally {
    await bare.docker
      .getImage(image)
      .remove()
      .catch(() => {}); // interrupted before there was one
    await bare.close();
  }
}
