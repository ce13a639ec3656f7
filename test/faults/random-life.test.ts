import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HafenError, type Container } from "@hafen/sdk";
import type { State } from "@hafen/contract";
import { LABELS } from "@hafen/core";
import fc from "fast-check";
import { assertConverges, startWorld, type World } from "../support/index.ts";

/** Each run takes some ten seconds; a failure prints its seed and what was asked. */
const RUNS = 3;
const SLOTS = 3;
const VOLUMES = ["one", "two"];
const SLEEP = ["sh", "-c", "echo run >> /runs; exec sleep 1000"];

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());

/** What is asked of one of a few containers and volumes, of the worker, and of the engine behind Hafen's back. */
const slot = fc.nat({ max: SLOTS - 1 });
const volume = fc.constantFrom(...VOLUMES);
const onContainer = fc.constantFrom(
  "start",
  "stop",
  "kill",
  "restart",
  "pause",
  "unpause",
  "rename",
  "limits",
  "remove",
);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("create" as const),
      slot,
      volume,
      start: fc.boolean(),
      anonymous: fc.boolean(),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({ do: fc.constant("ask" as const), slot, what: onContainer, wait: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("removeVolume" as const), volume }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("killWorker" as const), slot }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("onHost" as const),
      slot,
      what: fc.constantFrom("stop", "pause", "remove"),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Known {
  id: string;
  /** Where the requests that were accepted lead; undefined once somebody on the host had a hand in it. */
  leadsTo: State | undefined;
}
const LEADS_TO: Record<string, State> = {
  start: "running",
  restart: "running",
  unpause: "running",
  stop: "exited",
  kill: "exited",
  pause: "paused",
  remove: "removed",
};

class Run {
  readonly #user: Awaited<ReturnType<World["user"]>>;
  readonly #known = new Map<number, Known>();
  #count = 0;

  constructor(user: Awaited<ReturnType<World["user"]>>) {
    this.#user = user;
  }

  async take(next: Step): Promise<void> {
    switch (next.do) {
      case "create":
        return this.#create(next);
      case "ask":
        return this.#ask(next.slot, next.what, next.wait);
      case "removeVolume":
        return void (await accepted(() => this.#user.volumes.remove(next.volume)));
      case "killWorker":
        await world.worker.kill();
        return world.worker.start();
      case "onHost":
        return this.#onHost(next.slot, next.what);
      default:
        return next satisfies never;
    }
  }

  /** Every container is where the accepted requests lead, and what ran before runs with the data of before. */
  async check(): Promise<void> {
    for (const { id, leadsTo } of this.#known.values()) {
      if (leadsTo === undefined) continue;
      const [row] = await world.database.sql<
        { state: State; failure: unknown }[]
      >`select state, failure from containers where id = ${id}`;
      assert.equal(row?.state, leadsTo, `${id}: ${JSON.stringify(row)}`);
    }
  }

  async end(): Promise<void> {
    for (const { id } of this.#known.values()) await accepted(() => this.#user.containers.remove(id, { force: true }));
  }

  async #create({ slot: at, volume: source, start, anonymous }: Step & { do: "create" }): Promise<void> {
    const old = this.#known.get(at);
    if (old) await accepted(() => this.#user.containers.remove(old.id, { force: true, volumes: true }));
    const made = await accepted(() =>
      this.#user.containers.create({
        image: "busybox",
        command: SLEEP,
        start,
        limits: { memoryBytes: 32 * 1024 ** 2 },
        mounts: [
          { type: "volume", source, target: "/data" },
          ...(anonymous ? [{ type: "volume" as const, target: "/anonymous" }] : []),
        ],
      }),
    );
    if (made) this.#known.set(at, { id: made.id, leadsTo: start ? "running" : "created" });
    else this.#known.delete(at);
  }

  async #ask(at: number, what: string, wait: boolean): Promise<void> {
    const known = this.#known.get(at);
    if (!known) return;
    const { containers } = this.#user;
    const options = wait ? { waitSeconds: 30 } : {};
    const calls: Record<string, () => Promise<Container>> = {
      start: () => containers.start(known.id, options),
      stop: () => containers.stop(known.id, { graceSeconds: 0 }, options),
      kill: () => containers.kill(known.id, {}, options),
      restart: () => containers.restart(known.id, { graceSeconds: 0 }, options),
      pause: () => containers.pause(known.id, options),
      unpause: () => containers.unpause(known.id, options),
      rename: () => containers.rename(known.id, `name-${++this.#count}`),
      limits: () => containers.update(known.id, { limits: { pids: 50 + ++this.#count } }, options),
      remove: () => containers.remove(known.id, { force: true, ...options }),
    };
    const answer = await accepted(calls[what] ?? (() => assert.fail(what)));
    if (answer && known.leadsTo !== undefined) known.leadsTo = LEADS_TO[what] ?? known.leadsTo;
  }

  async #onHost(at: number, what: "stop" | "pause" | "remove"): Promise<void> {
    const known = this.#known.get(at);
    if (!known) return;
    const [found] = await world.engine.listContainers({ key: LABELS.id, value: known.id });
    if (!found) return;
    known.leadsTo = undefined;
    if (what === "stop") await world.engine.stopContainer(found.id, { graceSeconds: 0 });
    if (what === "remove") await world.engine.removeContainer(found.id);
    if (what === "pause") await world.engine.pauseContainer(found.id).catch(() => {}); // it may not run
  }
}

/** The answer, or undefined for a refusal that is one: never a failure of the service. */
async function accepted<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const REFUSALS = [
      "container_wrong_state",
      "container_not_found",
      "volume_in_use",
      "volume_not_found",
      "limits_refused",
    ];
    if (error instanceof HafenError && REFUSALS.includes(error.code)) return undefined;
    throw error;
  }
}

test("whatever is asked in whatever order, over killed workers and hands on the host, rows and engine agree in the end", async (t) => {
  let users = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 30 }), async (steps) => {
      const run = new Run(await world.user(`random${++users}`, { running: 20, cpus: 20 }));
      for (const each of steps) await run.take(each);
      await assertConverges(world);
      await run.check();
      await run.end();
      await assertConverges(world);
      t.diagnostic(`${steps.length} steps: ${steps.map((each) => ("what" in each ? each.what : each.do)).join(" ")}`);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});
