import { ProblemError } from "@hafen/contract";
import type { HostUsage, UserUsage } from "@hafen/core";
import { hostsOf } from "@hafen/db";
import type { Deps } from "./deps.ts";
import { callWorker, textOf, workerCall } from "./worker-streams.ts";

/** A host that counts for longer is named as one that does not answer; it goes on, and then knows. */
const COUNT_MS = 30_000;

/** What the user's things take on every host where there are any, all asked at once; a host that does not answer is named. */
export async function userUsageOf(deps: Deps, userId: string, signal: AbortSignal): Promise<UserUsage> {
  const hosts = await hostsOf(deps.database.db, userId);
  const answers = await Promise.all(
    hosts.map(async ({ id, name }) => {
      try {
        return { usage: await hostUsage(deps, userId, id, signal) };
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        return { unreachable: { host: name, detail: error.detail } };
      }
    }),
  );
  const told = answers.flatMap(({ usage }) => usage ?? []);
  return {
    containers: Object.assign({}, ...told.map(({ containers }) => containers)) as HostUsage["containers"],
    volumes: Object.assign({}, ...told.map(({ volumes }) => volumes)) as HostUsage["volumes"],
    unreachable: answers.flatMap((answer) => answer.unreachable ?? []),
  };
}

export async function hostUsage(deps: Deps, userId: string, hostId: string, signal: AbortSignal): Promise<HostUsage> {
  const limit = AbortSignal.timeout(COUNT_MS);
  try {
    const call = await workerCall(deps, { id: userId, hostId }, "usage");
    const response = await callWorker(call, undefined, AbortSignal.any([signal, limit]));
    return JSON.parse(await textOf(response)) as HostUsage;
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error;
    throw new ProblemError("host_unreachable", "The host is still counting; ask again soon.");
  }
}
