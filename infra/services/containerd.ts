import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { succeeds } from "./command.ts";
import { startDaemon } from "./daemon.ts";
import type { EngineNetwork } from "./network.ts";
import type { Places } from "./places.ts";
import { commandLine, findProcesses, stopProcess } from "./processes.ts";

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
// Docker uses containerd to run, not to store or to schedule.
const UNUSED = ["cri", "opt", "aufs", "btrfs", "devmapper", "zfs"];

export function containerdSocket(places: Places): string {
  return join(places.run, "containerd.sock");
}

/**
 * Hafen's own containerd. Without one, dockerd would silently use the system's, and a `systemctl
 * restart containerd` by somebody else would be ours too. Answers whether it was found running.
 */
export async function openContainerd(
  places: Places,
  root: string,
  network: EngineNetwork,
  env: NodeJS.ProcessEnv,
): Promise<{ pid: number; adopted: boolean }> {
  const socket = containerdSocket(places);
  const configFile = join(places.run, "containerd.toml");
  const running = runningContainerd(places);
  if (running !== undefined) {
    if (await answers(socket)) return { pid: running, adopted: true };
    await stopProcess(running, "SIGTERM", STOP_TIMEOUT_MS);
  }
  const state = join(places.run, "containerd");
  await mkdir(state, { recursive: true, mode: 0o711 });
  await writeFile(configFile, configuration(root, state, socket), { mode: 0o600 });
  const [program = "", ...enter] = network.enter;
  const pid = await startDaemon({
    name: "containerd",
    program,
    args: [...enter, "containerd", "--config", configFile],
    env,
    logFile: join(places.log, "containerd.log"),
    timeoutMs: START_TIMEOUT_MS,
    ready: () => answers(socket),
  });
  return { pid, adopted: false };
}

export async function closeContainerd(pid: number): Promise<void> {
  await stopProcess(pid, "SIGTERM", STOP_TIMEOUT_MS);
}

function runningContainerd(places: Places): number | undefined {
  const mark = join(places.run, "containerd.toml");
  return findProcesses((pid) => {
    const [program = "", ...args] = commandLine(pid);
    return program.endsWith("containerd") && args.includes(mark);
  })[0];
}

function answers(socket: string): Promise<boolean> {
  return succeeds("ctr", ["--address", socket, "--connect-timeout", "1s", "version"]);
}

function configuration(root: string, state: string, socket: string): string {
  const disabled = UNUSED.map(
    (name) =>
      ({ cri: "io.containerd.grpc.v1.cri", opt: "io.containerd.internal.v1.opt" })[name] ??
      `io.containerd.snapshotter.v1.${name}`,
  );
  return [
    "version = 2",
    `root = ${JSON.stringify(join(root, "containerd"))}`,
    `state = ${JSON.stringify(state)}`,
    `disabled_plugins = ${JSON.stringify(disabled)}`,
    "[grpc]",
    `address = ${JSON.stringify(socket)}`,
    "[ttrpc]",
    `address = ${JSON.stringify(`${socket}.ttrpc`)}`,
    "",
  ].join("\n");
}
