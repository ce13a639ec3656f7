import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive, openEngine, openPlaces, pidFrom, removeContainers } from "@hafen/infra/testing";
import { eventually } from "./eventually.ts";

/** An engine that a test may kill: Hafen's own set-up, with data and network of its own. */
export interface OwnEngine extends AsyncDisposable {
  /** As DOCKER_HOST. */
  address: string;
  /** SIGKILL to dockerd, and waits for its end; containers and containerd run on. */
  kill(): Promise<void>;
  /** SIGTERM to dockerd, as a restart of the service does, and waits for its end. */
  stop(): Promise<void>;
  /** SIGKILL to containerd, and waits for its end; dockerd runs on over it. */
  killContainerd(): Promise<void>;
  /** Starts again what is missing, over what it left. */
  start(): Promise<void>;
}

export async function openOwnEngine(): Promise<OwnEngine> {
  const home = await mkdtemp(join(tmpdir(), "hafen-engine-"));
  const places = await openPlaces(home, {});
  const dockerd = () => pidFrom(join(places.run, "docker.pid"), join(places.run, "docker.json"));
  let service = await openEngine(places, process.env);
  return {
    address: service.engine,
    kill: async () => end("dockerd", await dockerd(), "SIGKILL"),
    stop: async () => end("dockerd", await dockerd(), "SIGTERM"),
    killContainerd: () => end("containerd", service.pids[0], "SIGKILL"),
    async start() {
      service = await openEngine(places, process.env);
    },
    async [Symbol.asyncDispose]() {
      if ((await dockerd()) === undefined) service = await openEngine(places, process.env);
      await removeContainers(service.engine);
      await service.close();
      await rm(places.run, { recursive: true, force: true });
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function end(name: string, pid: number | undefined, signal: NodeJS.Signals): Promise<void> {
  if (pid === undefined) throw new Error(`the own ${name} does not run`);
  process.kill(pid, signal);
  await eventually(`the own ${name} is dead`, () => !isAlive(pid));
}
