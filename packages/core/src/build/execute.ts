import { cacheSources, saveSteps, type BuildRow } from "@hafen/db";
import type { BuildEvent } from "@hafen/engine";
import { InputError } from "../archive/error.ts";
import { withDockerfile } from "../archive/with-dockerfile.ts";
import type { HostCtx } from "../ctx.ts";
import { asWritten, pinBases } from "./bases.ts";
import { executeCommit } from "./execute-commit.ts";
import { executePull } from "./execute-pull.ts";
import { executePush } from "./execute-push.ts";
import { BUILD_LIMITS } from "./limits.ts";
import type { LogWriter } from "./log-writer.ts";
import { BuildRefused } from "./refused.ts";
import { readBlob } from "./upload.ts";

/** What a build has made or moved. */
export interface Product {
  /** The engine's id of the image. */
  digest: string;
  /** What the registry calls it, for a pull and a push. */
  manifestDigest?: string;
}

/** Does the build's work on the engine. @throws BuildRefused when the user must mend something. */
export async function execute(ctx: HostCtx, build: BuildRow, log: LogWriter, signal: AbortSignal): Promise<Product> {
  switch (build.kind) {
    case "rootfs": {
      const context = contextOf(ctx, build);
      await log.write("status", "Importing a root file system.\n", Date.now());
      return { digest: await ctx.engine.importImage(context, { changes: build.changes, signal }) };
    }
    case "archive":
      return { digest: await loadArchive(ctx, contextOf(ctx, build), log, signal) };
    case "dockerfile":
      return { digest: await runDockerfile(ctx, build, contextOf(ctx, build), log, signal) };
    case "commit":
      return executeCommit(ctx, build, log, signal);
    case "pull":
      return executePull(ctx, build, log, signal);
    case "push":
      return executePush(ctx, build, log, signal);
    default:
      return build.kind satisfies never;
  }
}

function contextOf(ctx: HostCtx, { blobId }: BuildRow): AsyncIterable<Uint8Array> {
  if (blobId === null)
    throw new BuildRefused({ code: "build_failed", detail: "The build context is no longer kept. Upload it again." });
  return readBlob(ctx.db, blobId);
}

async function loadArchive(
  ctx: HostCtx,
  context: AsyncIterable<Uint8Array>,
  log: LogWriter,
  signal: AbortSignal,
): Promise<string> {
  await log.write("status", "Loading an image archive.\n", Date.now());
  const [first] = await ctx.engine.loadImages(context, { signal });
  if (first === undefined) throw new BuildRefused({ code: "archive_invalid", detail: "The archive holds no image." });
  return first;
}

async function runDockerfile(
  ctx: HostCtx,
  build: BuildRow,
  context: AsyncIterable<Uint8Array>,
  log: LogWriter,
  signal: AbortSignal,
): Promise<string> {
  const pinned = await pinBases(ctx, build, log, signal);
  const bases = [...pinned.names.keys()];
  const addsAtMost = (await mayAdd(ctx, pinned.text, bases)) ? BUILD_LIMITS.diskBytes : undefined;
  const packed = withDockerfile(context, { text: pinned.text, own: build.dockerfile, addsAtMost });
  let contextError: unknown;
  packed.summary.catch((error: unknown) => (contextError = error));
  const events = ctx.engine.buildImage(
    {
      context: packed.tar,
      dockerfile: packed.dockerfile,
      bases,
      target: build.target ?? undefined,
      buildArgs: build.buildArgs,
      labels: build.labels,
      noCache: build.noCache,
      // The engine's cache is all users'; what another's steps made is not to be found by guessing them.
      cacheFrom: await cacheSources(ctx.db, { userId: build.userId, hostId: ctx.hostId }),
      network: "bridge",
      limits: BUILD_LIMITS,
      cgroupParent: buildCgroup(ctx, build),
    },
    { signal },
  );
  const steps = new StepRecorder(ctx, build);
  try {
    for await (const seen of events) {
      const event = seen.type === "step" ? { ...seen, instruction: asWritten(seen.instruction, pinned.names) } : seen;
      steps.see(event);
      switch (event.type) {
        case "step":
          await log.write("status", `Step ${event.number}/${event.total} : ${event.instruction}\n`, event.atMs);
          break;
        case "cached":
          await log.write("status", "Using cache\n", event.atMs);
          break;
        case "log":
          await log.write(event.stream, event.text, event.atMs);
          break;
        case "layer":
          break;
        case "image":
          return event.imageId;
        case "failed":
          throw new BuildRefused({
            code: event.kind,
            detail: event.message,
            ...(event.exitCode === undefined ? {} : { exitCode: event.exitCode }),
            ...(steps.current === undefined ? {} : { step: steps.current }),
            lastLines: log.lastLines(),
          });
        default:
          event satisfies never;
      }
    }
  } catch (error) {
    // To the engine it is a request that broke off; to the user it is what is wrong with the context.
    if (contextError instanceof InputError)
      throw new BuildRefused({ code: "build_failed", detail: contextError.detail });
    throw error;
  } finally {
    await steps.flush();
  }
  signal.throwIfAborted();
  throw new Error("the engine's build ended without an image or a failure");
}

/** Whether an ADD is among the steps, or among those that a base brings. */
async function mayAdd(ctx: HostCtx, dockerfile: string, bases: string[]): Promise<boolean> {
  if (/^\s*(ONBUILD\s+)?ADD\s/im.test(dockerfile)) return true;
  const images = await Promise.all(bases.map((id) => ctx.engine.inspectImage(id)));
  return images.some((image) => image?.config.onBuild.some((line) => /^\s*ADD\s/i.test(line)));
}

/** The cgroup that holds what runs for this build, whichever attempt. */
export function buildCgroup(ctx: HostCtx, build: BuildRow): string {
  return `${ctx.cgroupRoot}/${build.id}`;
}

type Step = Parameters<typeof saveSteps>[1][number];

/** Keeps one row for each step: when it ran, whether the cache had it, which layer it made. */
class StepRecorder {
  readonly #ctx: HostCtx;
  readonly #build: BuildRow;
  readonly #unwritten = new Map<number, Step>();
  #writing: Promise<void> = Promise.resolve();
  #open: Step | undefined;

  constructor(ctx: HostCtx, build: BuildRow) {
    this.#ctx = ctx;
    this.#build = build;
  }

  get current(): number | undefined {
    return this.#open?.number;
  }

  see(event: BuildEvent): void {
    if (event.type === "step") {
      this.#close(event.atMs);
      this.#open = {
        buildId: this.#build.id,
        number: event.number,
        instruction: event.instruction,
        state: "running",
        startedAt: new Date(event.atMs),
      };
      this.#save(this.#open);
    } else if (event.type === "cached" && this.#open) this.#open = { ...this.#open, cached: true };
    else if (event.type === "layer" && this.#open) this.#open = { ...this.#open, layerDigest: event.imageId };
    else if (event.type === "image") this.#close(event.atMs);
    else if (event.type === "failed" && this.#open)
      this.#save({ ...this.#open, state: "failed", finishedAt: new Date(event.atMs) });
  }

  /** Waits until everything seen is written. @throws what a write failed with. */
  flush(): Promise<void> {
    return this.#writing;
  }

  #close(atMs: number): void {
    if (!this.#open) return;
    this.#save({ ...this.#open, state: "succeeded", finishedAt: new Date(atMs) });
    this.#open = undefined;
  }

  /** Steps that come while a write is under way go into the next one together: cached ones come faster than rows are written. */
  #save(step: Step): void {
    this.#unwritten.set(step.number, step);
    this.#writing = this.#writing.then(async () => {
      const steps = [...this.#unwritten.values()];
      this.#unwritten.clear();
      if (steps.length > 0) await saveSteps(this.#ctx.db, steps);
    });
    this.#writing.catch(() => {}); // flush() reports it
  }
}
