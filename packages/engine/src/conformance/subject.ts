import { randomBytes } from "node:crypto";
import type {
  BuildEvent,
  BuildRequest,
  ContainerSpec,
  Engine,
  EngineId,
  Label,
  LogChunk,
  RegistryLogin,
  Session,
} from "../engine.ts";
import { EngineError, type EngineErrorKind } from "../error.ts";
import { once, packTar } from "../tar.ts";

/** What a container is told to do, in words every driver can be made to understand. */
export type Step =
  | ["print" | "print-error" | "read", string]
  | ["write", path: string, text: string]
  | ["exit", number]
  | ["sleep" | "cat" | "ignore-term"];

export interface Opened {
  engine: Engine;
  /** Id of an image whose files may be anything, and which runs scripts. */
  image: string;
  script: (steps: Step[]) => string[];
  registries: {
    /** Hosts, as in a reference: one that lets everybody in, one for `login` alone, and one that is not there. */
    open: string;
    guarded: string;
    login: RegistryLogin;
    absent: string;
  };
  close: () => Promise<void>;
}

/** An engine under test, and what the tests make in it: all of it carries `label` or `prefix`, and goes at the end. */
export interface Subject extends Opened {
  label: Label;
  prefix: string;
  /** Tag of `image`, for `FROM`. */
  base: string;
  unique: () => string;
  spec: (steps: Step[], more?: Partial<ContainerSpec>) => ContainerSpec;
  create: (steps: Step[], more?: Partial<ContainerSpec>) => Promise<EngineId>;
  /** Creates, starts, waits for the end. */
  run: (steps: Step[], more?: Partial<ContainerSpec>) => Promise<EngineId>;
  request: (files: Record<string, string>, more?: Partial<BuildRequest>) => BuildRequest;
  build: (files: Record<string, string>, more?: Partial<BuildRequest>) => Promise<BuildEvent[]>;
  runStep: (steps: Step[]) => string;
}

export async function openSubject(open: () => Promise<Opened>): Promise<Subject> {
  const opened = await open();
  const { engine, image, script } = opened;
  const id = `conformance-${randomBytes(4).toString("hex")}`;
  const label = { key: "hafen.conformance", value: id };
  let count = 0;
  const unique = () => `${id}-${(count += 1)}`;
  const base = `${id}/base:1`;
  await engine.tagImage(image, base);

  const spec: Subject["spec"] = (steps, more) => ({
    name: unique(),
    imageId: image,
    hostname: "conformance",
    command: script(steps),
    env: [],
    tty: false,
    openStdin: false,
    labels: { [label.key]: label.value },
    mounts: [],
    limits: { cpus: 1, memoryBytes: 64 * 1024 ** 2, pids: 64 },
    network: "none",
    isolation: { capabilities: ["CHOWN", "KILL"], readOnlyRoot: false },
    log: { maxBytes: 1024 ** 2, files: 2 },
    shmBytes: 1024 ** 2,
    openFiles: 1024,
    ...more,
  });
  const create: Subject["create"] = (steps, more) => engine.createContainer(spec(steps, more));
  const request: Subject["request"] = (files, more) => ({
    context: once(packTar(files)),
    dockerfile: "Dockerfile",
    bases: [image],
    buildArgs: {},
    labels: {},
    noCache: false,
    network: "none",
    limits: { cpus: 1, memoryBytes: 64 * 1024 ** 2, pids: 64, diskBytes: 64 * 1024 ** 2, outputBytes: 1024 ** 2 },
    cgroupParent: `/hafen-conformance/${unique()}`,
    ...more,
  });
  return {
    ...opened,
    label,
    prefix: `${id}/`,
    base,
    unique,
    spec,
    create,
    async run(steps, more) {
      const made = await create(steps, more);
      await engine.startContainer(made);
      await collect(engine.logs(made, { follow: true }));
      await ended(engine, made);
      return made;
    },
    request,
    async build(files, more) {
      const events = await collect(engine.buildImage(request(files, more)));
      // A tag on every layer is what removes them all at the end.
      for (const event of events)
        if (event.type === "layer") await engine.tagImage(event.imageId, `${id}/layer:${unique()}`);
      return events;
    },
    runStep: (steps) => `RUN ${JSON.stringify(script(steps))}`,
    async close() {
      for (const container of await engine.listContainers(label)) await engine.removeContainer(container.id);
      for (const { name } of await engine.listNetworks(label)) await engine.removeNetwork(name);
      for (const { name } of await engine.listVolumes(label)) await engine.removeVolume(name);
      for (const { tag } of await engine.listTags(`${id}/`)) await engine.removeTag(tag);
      await opened.close();
    },
  };
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of source) found.push(value);
  return found;
}

export function textOf(chunks: readonly Pick<LogChunk, "stream" | "data">[], stream?: LogChunk["stream"]): string {
  return Buffer.concat(
    chunks.filter((chunk) => stream === undefined || chunk.stream === stream).map(({ data }) => data),
  ).toString();
}

/** All a process printed, and its exit code. */
export async function finish(
  session: Session,
): Promise<{ stdout: string; stderr: string; exitCode: number | undefined }> {
  const output = await collect(session.output);
  return { stdout: textOf(output, "stdout"), stderr: textOf(output, "stderr"), exitCode: await session.exitCode() };
}

/** Waits through the engine's events, so that no test has to guess how long an end takes. */
export async function ended(engine: Engine, id: EngineId): Promise<void> {
  const labels = (await engine.inspectContainer(id))?.labels ?? {};
  const label = { key: "hafen.conformance", value: labels["hafen.conformance"] ?? "" };
  const watching = new AbortController();
  // Asked again on each event: the first look comes before the subscription is surely there, so it replays.
  for await (const event of engine.events({ label, sinceMs: 1, signal: watching.signal })) {
    if (event.containerId !== id) continue;
    const state = (await engine.inspectContainer(id))?.state;
    if (state === "exited" || state === undefined) break;
  }
  watching.abort();
}

export function isKind(...kinds: EngineErrorKind[]): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof EngineError && kinds.includes(error.kind)) return true;
    throw error;
  };
}
