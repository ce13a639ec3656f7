import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Hafen } from "@hafen/sdk";
import { askPort } from "../api/ask-port.ts";
import { eventually } from "../support/index.ts";

const CALM_MS = 2_500;
const EVERY_MS = 10;
/** One exec among so many requests. */
const EXEC_EVERY = 10;

/** However soon an attack is over. */
const FEWEST = 5;

interface Times {
  requests: number[];
  execs: number[];
}

/** Another user's container that serves over its port, and takes execs: it must do so whatever its neighbours do. */
export interface Victim {
  containerId: string;
  /** While `attack` goes on every request and exec must be answered; says what became of their times. */
  during(attack: () => Promise<unknown>): Promise<string>;
}

export async function openVictim(user: Hafen): Promise<Victim> {
  const script = "mkdir /www && echo alive > /www/index.html && exec httpd -f -p 8080 -h /www";
  const { id, ports } = await user.containers.create(
    { image: "busybox", command: ["sh", "-c", script], ports: [{ container: 8080, public: true }] },
    { waitSeconds: 60 },
  );
  const url = ports[0]?.url ?? "";
  await eventually("the victim serves", async () => (await askPort(url)).status === 200);

  async function sample(until: AbortSignal): Promise<Times> {
    const times: Times = { requests: [], execs: [] };
    for (let round = 0; !until.aborted || times.requests.length < FEWEST; round++) {
      const began = performance.now();
      const isExec = round % EXEC_EVERY === 0;
      if (isExec) assert.equal((await user.containers.exec(id, { command: ["true"] })).exitCode, 0);
      else {
        const { status, text } = await askPort(url);
        assert.deepEqual([status, text], [200, "alive\n"]);
      }
      (isExec ? times.execs : times.requests).push(performance.now() - began);
      await delay(EVERY_MS);
    }
    return times;
  }

  const calm = await sample(AbortSignal.timeout(CALM_MS));
  return {
    containerId: id,
    async during(attack) {
      const over = new AbortController();
      const [times] = await Promise.all([sample(over.signal), attack().finally(() => over.abort())]);
      const { state } = await user.containers.get(id);
      assert.equal(state, "running");
      return `the victim answers all of ${times.requests.length} requests (${compared(calm.requests, times.requests)}) and ${times.execs.length} execs (${compared(calm.execs, times.execs)})`;
    },
  };
}

function compared(calm: number[], now: number[]): string {
  const [p50, p99] = [0.5, 0.99].map((share) => {
    const [before, during] = [quantile(calm, share), quantile(now, share)];
    return `${before.toFixed(0)} → ${during.toFixed(0)} ms, ×${(during / before).toFixed(1)}`;
  });
  return `p50 ${p50}; p99 ${p99}`;
}

function quantile(values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
}
