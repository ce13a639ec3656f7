import type { EngineId, Op, StopOptions } from "../engine.ts";
import { EngineError } from "../error.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { checkedName, type Client } from "./client.ts";
import { absent, unlessStatus } from "./containers.ts";
import { causeStatus, httpStatus } from "./errors.ts";

export async function stopContainer(client: Client, id: EngineId, options: StopOptions): Promise<void> {
  const { stopSignal, graceSeconds } = options;
  const container = client.docker.getContainer(checkedName(id));
  const deadlineMs = DEADLINES_MS.change + graceSeconds * 1000;
  if (stopSignal === undefined) {
    await call(`stop ${id}`, deadlineMs, options, (abortSignal) =>
      container.stop({ t: graceSeconds, abortSignal }).catch(unlessStatus(304, 404)),
    );
    return;
  }
  // API 1.41 cannot be told the signal, so the three steps of a stop are made here.
  await call(`stop ${id}`, deadlineMs, options, async (abortSignal) => {
    await container.kill({ signal: stopSignal, abortSignal }).catch(unlessStatus(404, 409));
    if (await endsWithin(client, id, graceSeconds * 1000, abortSignal)) return;
    await container.kill({ signal: "SIGKILL", abortSignal }).catch(unlessStatus(404, 409));
    await container.wait({ condition: "not-running", abortSignal }).catch(absent);
  });
}

async function endsWithin(client: Client, id: EngineId, graceMs: number, signal: AbortSignal): Promise<boolean> {
  const grace = new AbortController();
  const timer = setTimeout(() => grace.abort(), graceMs);
  const abortSignal = AbortSignal.any([signal, grace.signal]);
  try {
    await client.docker.getContainer(id).wait({ condition: "not-running", abortSignal }).catch(absent);
    return true;
  } catch (cause) {
    if (!grace.signal.aborted) throw cause;
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Volumes are all named, so `v` would only ever take what somebody still wants. */
export async function removeContainer(client: Client, id: EngineId, op?: Op): Promise<void> {
  const container = client.docker.getContainer(checkedName(id));
  try {
    await call(`remove ${id}`, DEADLINES_MS.remove, op, (abortSignal) =>
      container.remove({ force: true, v: false, abortSignal }).catch(absent),
    );
  } catch (error) {
    if (!(error instanceof EngineError) || causeStatus(error) !== 409 || !/already in progress/.test(error.message))
      throw error;
    await call(`remove ${id}`, DEADLINES_MS.remove, op, (abortSignal) =>
      container.wait({ condition: "removed", abortSignal }).catch(goneMeanwhile),
    );
  }
}

/** A removal that ends between the two calls answers 404, or 500 when its state is already dropped. */
function goneMeanwhile(cause: unknown): void {
  if (httpStatus(cause) !== 404 && !/no such container/i.test(String(cause))) throw cause;
}
