import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive, openPlaces, openPostgres } from "@hafen/infra/testing";
import { eventually } from "./eventually.ts";

/** A Postgres that a test may kill, as Hafen sets it up. */
export interface OwnPostgres extends AsyncDisposable {
  url: string;
  /** SIGKILL to the postmaster, and waits for its end. */
  kill(): Promise<void>;
  /** Starts it again over what it left. */
  start(): Promise<void>;
}

export async function openOwnPostgres(): Promise<OwnPostgres> {
  const home = await mkdtemp(join(tmpdir(), "hafen-postgres-"));
  const places = await openPlaces(home, {});
  let service = await openPostgres(places, () => {});
  return {
    url: service.databaseUrl,
    async kill() {
      for (const pid of service.pids) {
        process.kill(pid, "SIGKILL");
        await eventually("the own Postgres is dead", () => !isAlive(pid));
      }
    },
    async start() {
      service = await openPostgres(places, () => {});
    },
    async [Symbol.asyncDispose]() {
      await service.close();
      await rm(places.run, { recursive: true, force: true });
      await rm(home, { recursive: true, force: true });
    },
  };
}
