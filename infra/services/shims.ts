import { run } from "./command.ts";
import { containerdSocket } from "./containerd.ts";
import { engineRequest } from "./engine-request.ts";
import type { Places } from "./places.ts";
import { commandLine, findProcesses } from "./processes.ts";

/** The process that holds one running container; it outlives containerd and dockerd. */
interface Shim {
  containerId: string;
  namespace: string;
}

const LIVE_STATES = ["running", "paused", "restarting"];
const LIST_TIMEOUT_MS = 30_000;

export function findShims(places: Places): Shim[] {
  const socket = containerdSocket(places);
  return findProcesses((pid) => isShim(commandLine(pid), socket)).map((pid) => {
    const args = commandLine(pid);
    return { containerId: valueOf(args, "-id"), namespace: valueOf(args, "-namespace") };
  });
}

/**
 * A dockerd killed in the middle of a start leaves a process that it does not know of afterwards and
 * never lists. Called before anybody uses the engine, so nothing can be about to start.
 */
export async function endLostContainers(places: Places, engine: string): Promise<void> {
  const shims = findShims(places);
  if (shims.length === 0) return;
  const { body } = await engineRequest(engine, "GET", "/containers/json?all=1", { timeoutMs: LIST_TIMEOUT_MS });
  const live = (JSON.parse(body) as { Id: string; State: string }[])
    .filter(({ State }) => LIVE_STATES.includes(State))
    .map(({ Id }) => Id);
  for (const { containerId, namespace } of shims.filter((shim) => !live.includes(shim.containerId))) {
    const ctr = ["--address", containerdSocket(places), "--namespace", namespace];
    await run("ctr", [...ctr, "tasks", "delete", "--force", containerId]);
    await run("ctr", [...ctr, "containers", "delete", containerId]);
  }
}

function isShim([program = "", ...args]: string[], socket: string): boolean {
  return program.includes("containerd-shim") && valueOf(args, "-address") === socket;
}

function valueOf(args: string[], flag: string): string {
  return args[args.indexOf(flag) + 1] ?? "";
}
