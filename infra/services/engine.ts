import { removeCgroups } from "./cgroups.ts";
import { searchPath } from "./command.ts";
import { closeContainerd, openContainerd } from "./containerd.ts";
import { closeDockerd, engineAddress, openDockerd } from "./dockerd.ts";
import { liftSharedCounters } from "./kernel-counters.ts";
import { closeNetwork, openNetwork } from "./network.ts";
import { clearSecrets, exposeDirectory, hideDirectory, type Places } from "./places.ts";
import { endLostContainers, findShims } from "./shims.ts";
import type { Service } from "./service.ts";
import { ensureRemapAccount } from "./subordinate-ids.ts";

const PASSED_ON = [
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

/**
 * Hafen's own engine: containerd and dockerd in a network namespace of their own, with their own data,
 * sockets and cgroup. What others run on this machine is never touched.
 */
export async function openEngine(
  places: Places,
  env: NodeJS.ProcessEnv,
): Promise<Service & { engine: string; namespace: string; resolvers: string[] }> {
  const passedOn = Object.fromEntries(
    PASSED_ON.filter((name) => env[name] !== undefined).map((name) => [name, env[name]]),
  );
  const daemonEnv = { PATH: searchPath(env), ...passedOn };
  const engine = engineAddress(places);

  await using undo = new AsyncDisposableStack();
  undo.defer(() => clearGround(places));
  const root = await exposeDirectory(places, "engine");
  const [network, account] = await Promise.all([openNetwork(places), ensureRemapAccount(), liftSharedCounters()]);
  const containerd = await openContainerd(places, root, network, daemonEnv);
  undo.defer(() => closeContainerd(containerd.pid));
  // A dockerd whose containerd has died under it comes back by itself only sometimes.
  const dockerd = await openDockerd(places, root, network, account.name, daemonEnv, !containerd.adopted);
  undo.defer(() => closeDockerd(dockerd));
  await endLostContainers(places, engine);

  const opened = undo.move();
  return {
    engine,
    namespace: network.namespace,
    resolvers: network.resolvers,
    pids: [containerd.pid, dockerd],
    close: () => opened.disposeAsync(),
  };
}

/**
 * Running containers stay, each held by its shim, and so does what they stand on: the namespace with
 * its link and rules, the bound data directory, the cgroup. With none left, all of that goes.
 */
async function clearGround(places: Places): Promise<void> {
  if (findShims(places).length > 0) return;
  await closeNetwork(places);
  await clearSecrets(places);
  await hideDirectory(places, "engine");
  await removeCgroups(`hafen-${places.id}`);
}
