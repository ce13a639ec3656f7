import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { containerdSocket } from "./containerd.ts";
import { startDaemon } from "./daemon.ts";
import { engineAnswers } from "./engine-request.ts";
import { engineLimits } from "./engine-limits.ts";
import type { EngineNetwork } from "./network.ts";
import type { Places } from "./places.ts";
import { pidFrom, stopProcess } from "./processes.ts";
import { until } from "./until.ts";

/** After a start of the machine it lays out every network it knows before it answers: 468 of them took a minute. */
const START_TIMEOUT_MS = 600_000;
const STOP_TIMEOUT_MS = 30_000;
const SECCOMP_PROFILE = join(import.meta.dirname, "..", "seccomp", "hafen.json");

export function engineAddress(places: Places): string {
  return `unix://${join(places.run, "docker.sock")}`;
}

/** Hafen's own dockerd. One that a killed Hafen left is taken over, unless `renew` or its settings are of another time. */
export async function openDockerd(
  places: Places,
  root: string,
  network: EngineNetwork,
  remapAccount: string,
  env: NodeJS.ProcessEnv,
  renew: boolean,
): Promise<number> {
  const configFile = join(places.run, "docker.json");
  const pidFile = join(places.run, "docker.pid");
  const engine = engineAddress(places);
  const config = JSON.stringify(configuration(places, root, network, remapAccount, pidFile), null, 2);

  const running = await pidFrom(pidFile, configFile);
  if (running !== undefined) {
    const isSame = (await readFile(configFile, "utf8").catch(() => "")) === config;
    if (!renew && isSame && (await until(() => engineAnswers(engine), 5_000))) return running;
    await stopProcess(running, "SIGTERM", STOP_TIMEOUT_MS);
  }
  // dockerd refuses to start while the number in its pidfile belongs to any process at all.
  await rm(pidFile, { force: true });
  await mkdir(join(root, "docker"), { recursive: true, mode: 0o711 });
  await writeFile(configFile, config, { mode: 0o600 });
  const [program = "", ...enter] = network.enter;
  return startDaemon({
    name: "dockerd",
    program,
    // Naming the file keeps the machine's /etc/docker/daemon.json out.
    args: [...enter, "dockerd", "--config-file", configFile],
    env,
    logFile: join(places.log, "dockerd.log"),
    timeoutMs: START_TIMEOUT_MS,
    ready: () => engineAnswers(engine),
  });
}

/** With live-restore the containers run on. */
export async function closeDockerd(pid: number): Promise<void> {
  await stopProcess(pid, "SIGTERM", STOP_TIMEOUT_MS);
}

function configuration(
  places: Places,
  root: string,
  network: EngineNetwork,
  remapAccount: string,
  pidFile: string,
): Record<string, unknown> {
  return {
    hosts: [engineAddress(places)],
    // The default, "docker", would hand this engine to everybody in that group.
    group: "root",
    pidfile: pidFile,
    "data-root": join(root, "docker"),
    "exec-root": join(places.run, "docker"),
    containerd: containerdSocket(places),
    "live-restore": true,
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    "cgroup-parent": `/hafen-${places.id}`,
    "log-driver": "json-file",
    "log-opts": { "max-size": "10m", "max-file": "3" },
    "userns-remap": remapAccount,
    "no-new-privileges": true,
    "seccomp-profile": SECCOMP_PROFILE,
    "default-ulimits": engineLimits(),
    iptables: true,
    icc: false,
    "userland-proxy": false,
    bip: network.plan.bridge,
    "default-address-pools": [network.plan.networks],
    mtu: network.mtu,
    ...(network.dns.length > 0 && { dns: network.dns }),
  };
}
