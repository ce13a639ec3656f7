import type { BuildEvent, BuildFailure, BuildRequest, Op } from "../engine.ts";
import { EngineError } from "../error.ts";
import { addImage, applyInstruction } from "./images.ts";
import { startProcess } from "./process.ts";
import { type Files, unpackTar } from "../tar.ts";
import { digest, findImage, type Image, type World } from "./world.ts";

/** What the steps of one build share. */
interface Build {
  world: World;
  request: BuildRequest;
  context: Files;
  image: Image | undefined;
  cacheHolds: boolean;
  signal: AbortSignal | undefined;
}
type Outcome = { image: Image; cached: boolean } | { kind: BuildFailure; message: string; exitCode?: number };

export async function* buildImage(
  world: World,
  request: BuildRequest,
  op?: Op,
): AsyncGenerator<BuildEvent, void, undefined> {
  const context = await unpackTar(request.context);
  const build: Build = { world, request, context, image: undefined, cacheHolds: !request.noCache, signal: op?.signal };
  const now = () => ({ atMs: Date.now() });
  const dockerfile = context.get(`/${request.dockerfile}`);
  if (!dockerfile)
    return yield {
      type: "failed",
      kind: "dockerfile_invalid",
      message: `cannot locate ${request.dockerfile}`,
      ...now(),
    };
  const instructions = [...lines(dockerfile), ...labelInstruction(request.labels)];
  const unknown = instructions.find(
    (line) => !/^(FROM|RUN|COPY|CMD|ENTRYPOINT|ENV|LABEL|VOLUME|EXPOSE|USER|WORKDIR|STOPSIGNAL)\s/i.test(line),
  );
  if (unknown !== undefined)
    return yield { type: "failed", kind: "dockerfile_invalid", message: `unknown instruction: ${unknown}`, ...now() };
  const stages = instructions.flatMap((line) => /^FROM\s+\S+\s+AS\s+(\S+)/i.exec(line)?.[1]?.toLowerCase() ?? []);
  if (request.target !== undefined && !stages.includes(request.target.toLowerCase())) {
    return yield {
      type: "failed",
      kind: "target_not_found",
      message: `failed to reach build target ${request.target} in Dockerfile`,
      ...now(),
    };
  }
  for (const [index, instruction] of instructions.entries()) {
    const number = index + 1;
    yield { type: "step", number, total: instructions.length, instruction, ...now() };
    const outcome = yield* step(build, instruction);
    if (op?.signal?.aborted) throw new EngineError("aborted", "build: aborted");
    if ("kind" in outcome) return yield { type: "failed", ...outcome, ...now() };
    build.image = outcome.image;
    if (outcome.cached) yield { type: "cached", number, ...now() };
    yield { type: "layer", number, imageId: outcome.image.id, ...now() };
  }
  if (build.image) yield { type: "image", imageId: build.image.id, ...now() };
}

async function* step(build: Build, instruction: string): AsyncGenerator<BuildEvent, Outcome, undefined> {
  const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/s.exec(instruction) ?? [];
  if (name.toUpperCase() === "FROM") {
    const base = findImage(build.world, rest.split(/\s+/)[0] ?? "");
    return base
      ? { image: base, cached: false }
      : { kind: "base_not_found", message: `pull access denied for ${rest}` };
  }
  const parent = build.image;
  if (!parent) return { kind: "dockerfile_invalid", message: "no build stage in current context" };
  const files = new Map(parent.files);
  if (name.toUpperCase() === "COPY") {
    const [source = "", target = ""] = rest.split(/\s+/);
    const data = build.context.get(`/${source}`);
    if (!data) return { kind: "copy_failed", message: `COPY failed: file not found in build context: ${source}` };
    files.set(target, data);
    return made(build, parent, files, parent.config, `${instruction} # file:${digest(data)}`);
  }
  if (name.toUpperCase() !== "RUN")
    return made(build, parent, files, applyInstruction(parent.config, instruction), instruction);

  const hit = cacheHit(build, parent, instruction);
  if (hit) return { image: hit, cached: true };
  const view = {
    read: (path: string) => files.get(path),
    write: (path: string, data: Uint8Array) => files.set(path, data) === files,
  };
  const process = startProcess(rest.startsWith("[") ? (JSON.parse(rest) as string[]) : rest.split(/\s+/), view);
  process.stdin.close();
  const stop = () => process.signal("SIGKILL");
  build.signal?.addEventListener("abort", stop, { once: true });
  if (build.signal?.aborted) stop();
  try {
    for await (const { stream, data } of process.output.follow(0)) {
      yield { type: "log", stream, text: Buffer.from(data).toString(), atMs: Date.now() };
    }
  } finally {
    build.signal?.removeEventListener("abort", stop);
    stop();
  }
  const exitCode = await process.exitCode;
  if (exitCode !== 0)
    return { kind: "run_failed", message: `The command '${rest}' returned a non-zero code: ${exitCode}`, exitCode };
  return made(build, parent, files, parent.config, instruction);
}

function made(build: Build, parent: Image, files: Files, config: Image["config"], createdBy: string): Outcome {
  const hit = cacheHit(build, parent, createdBy);
  return hit
    ? { image: hit, cached: true }
    : { image: addImage(build.world, parent, config, files, createdBy), cached: false };
}

/** A step after one that was not cached is not looked up, as the classic builder does. */
function cacheHit(build: Build, parent: Image, createdBy: string): Image | undefined {
  const { cacheFrom } = build.request;
  const hit = [...build.world.images.values()].find(
    ({ id, parentId, history }) =>
      parentId === parent.id &&
      history[0]?.createdBy === createdBy &&
      (cacheFrom?.some((source) => standsOn(build.world, source, id)) ?? true),
  );
  build.cacheHolds &&= hit !== undefined;
  return build.cacheHolds ? hit : undefined;
}

function standsOn(world: World, id: string | undefined, wanted: string): boolean {
  const image = id === undefined ? undefined : findImage(world, id);
  return image !== undefined && (image.id === wanted || standsOn(world, image.parentId, wanted));
}

function lines(dockerfile: Uint8Array): string[] {
  return Buffer.from(dockerfile)
    .toString()
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** The engine puts the request's labels on as one more step. */
function labelInstruction(labels: Record<string, string>): string[] {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? [] : [`LABEL ${pairs.join(" ")}`];
}
