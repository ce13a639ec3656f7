import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Build, Hafen } from "@hafen/sdk";
import { pack } from "tar-stream";
import { heading, output, shell } from "./print.ts";

const TAG = "hello";
const VOLUME = "hello-data";

/** The main job, live and through the API alone: a Dockerfile becomes a container that keeps its data in a volume. */
export async function showMainJob(hafen: Hafen, root: string, signal: AbortSignal): Promise<void> {
  const directory = join(root, "infra", "examples", "hello");
  heading("From a Dockerfile …");
  for (const line of (await readFile(join(directory, "Dockerfile"), "utf8")).trimEnd().split("\n")) output(line);
  shell(`POST /v1/builds?tag=${TAG}   (a tar of infra/examples/hello)`);
  const build = await followBuild(
    hafen,
    await hafen.builds.create(await tarOf(directory), { tag: TAG, signal }),
    signal,
  );
  if (build.state !== "succeeded")
    throw new Error(`the example's build ${build.state}: ${build.failure?.detail ?? ""}`);

  heading("… to a running container with a volume");
  const first = await run(hafen, { image: TAG, mounts: [{ type: "volume", source: VOLUME, target: "/data" }] }, signal);
  heading("Another takes its volumes");
  const second = await run(hafen, { image: TAG, volumesFrom: [first] }, signal);
  heading("Both are removed; the volume and its data stay");
  await remove(hafen, first, signal);
  await remove(hafen, second, signal);
  const third = await run(hafen, { image: TAG, mounts: [{ type: "volume", source: VOLUME, target: "/data" }] }, signal);
  await remove(hafen, third, signal);
  output(`What the removed containers wrote is still there, in the volume ${VOLUME}.`);
}

type NewContainer = Parameters<Hafen["containers"]["create"]>[0];

async function remove(hafen: Hafen, name: string, signal: AbortSignal): Promise<void> {
  shell(`DELETE /v1/containers/${name}`);
  await hafen.containers.remove(name, { waitSeconds: 30, signal });
}

/** Runs it to its end, prints what it printed, and answers with its name. */
async function run(hafen: Hafen, body: NewContainer, signal: AbortSignal): Promise<string> {
  shell(`POST /v1/containers   ${JSON.stringify(body)}`);
  const container = await hafen.containers.create(body, { waitSeconds: 60, signal });
  const ended = await hafen.containers.wait(container.id, { signal });
  for await (const line of hafen.containers.logs(container.id, { signal })) output(line.text);
  if (ended.exitCode !== 0)
    throw new Error(`${container.name} ended with ${ended.exitCode}: ${ended.termination?.detail ?? "see its log"}`);
  return container.name;
}

async function followBuild(hafen: Hafen, build: Build, signal: AbortSignal): Promise<Build> {
  const log = hafen.builds.logs(build.id, { follow: true, signal });
  let next = await log.next();
  for (; !next.done; next = await log.next()) output(next.value.text);
  const ended = next.value;
  for (const step of ended.steps) {
    const ms = Date.parse(step.finishedAt ?? step.startedAt) - Date.parse(step.startedAt);
    output(
      `step ${step.number}: ${step.cached ? "cached" : `${(ms / 1000).toFixed(1)} s`}, ${step.sizeBytes ?? 0} bytes   ${step.instruction}`,
    );
  }
  return ended;
}

/** A build context of one flat directory. */
async function tarOf(directory: string): Promise<AsyncIterable<Uint8Array>> {
  const tar = pack();
  for (const name of (await readdir(directory)).toSorted()) {
    const path = join(directory, name);
    const { mode, mtime } = await stat(path);
    tar.entry({ name, mode: mode & 0o777, mtime }, await readFile(path));
  }
  tar.finalize();
  return tar as unknown as AsyncIterable<Uint8Array>;
}
