import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  commandLine,
  findProcesses,
  isAlive,
  openEngine,
  openPlaces,
  pidFrom,
  removeContainers,
} from "@hafen/infra/testing";
import { eventually } from "./eventually.ts";

/** An engine that a test may kill: Hafen's own set-up, with data and network of its own. */
export interface OwnEngine extends AsyncDisposable {
  /** As DOCKER_HOST. */
  address: string;
  /** SIGKILL, or another signal, to dockerd, and waits for its end; containers and containerd run on. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** SIGKILL to its containerd alone, and waits for its end. */
  killContainerd(): Promise<void>;
  /** SIGSTOP to dockerd: it takes connections and says nothing. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Starts dockerd again over what it left. */
  start(): Promise<void>;
}

export async function openOwnEngine(): Promise<OwnEngine> {
  const home = await mkdtemp(join(tmpdir(), "hafen-engine-"));
  const places = await openPlaces(home, {});
  const dockerd = () => pidFrom(join(places.run, "docker.pid"), join(places.run, "docker.json"));
  const running = async () => (await dockerd()) ?? assert.fail("the own dockerd does not run");
  const end = async (pid: number, signal: NodeJS.Signals) => {
    process.kill(pid, signal);
    await eventually(`process ${pid} is dead`, () => !isAlive(pid));
  };
  let service = await openEngine(places, process.env);
  return {
    address: service.engine,
    kill: async (signal = "SIGKILL") => end(await running(), signal),
    async killContainerd() {
      const mark = join(places.run, "containerd.toml");
      const [pid] = findProcesses((each) => commandLine(each).includes(mark));
      await end(pid ?? assert.fail("the own containerd does not run"), "SIGKILL");
    },
    freeze: async () => void process.kill(await running(), "SIGSTOP"),
    thaw: async () => void process.kill(await running(), "SIGCONT"),
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
