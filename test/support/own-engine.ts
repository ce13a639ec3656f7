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
  /** Starts dockerd again over what it left. */
  start(): Promise<void>;
}

export async function openOwnEngine(): Promise<OwnEngine> {
  const home = await mkdtemp(join(tmpdir(), "hafen-engine-"));
  const places = await openPlaces(home, {});
  const dockerd = () => pidFrom(join(places.run, "docker.pid"), join(places.run, "docker.json"));
  let service = await openEngine(places, process.env);
  return {
    address: service.engine,
    async kill() {
      const pid = await dockerd();
      if (pid === undefined) throw new Error("the own dockerd does not run");
      process.kill(pid, "SIGKILL");
      await eventually("the own dockerd is dead", () => !isAlive(pid));
    },
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
