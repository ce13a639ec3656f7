import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AddressPlan, choosePlan } from "./address-plan.ts";
import { run, succeeds } from "./command.ts";
import { ServiceError } from "./error.ts";
import { addRules, entryRules, hostRules, removeRules, resolverRules } from "./firewall.ts";
import { type Places } from "./places.ts";
import { readResolver } from "./resolver.ts";

export interface EngineNetwork {
  /** Its name in /run/netns, and that of the link to it. */
  namespace: string;
  /** Name servers that can be reached from inside. */
  resolvers: string[];
  plan: AddressPlan;
  mtu: number;
  dns: string[];
  /** Put before a program and its arguments, runs it inside. `ip netns exec` would hide the cgroup mounts. */
  enter: string[];
}

const UPLINK = "uplink";
const DEFAULT_MTU = 1500;

/**
 * The engine's own network namespace, joined to the host by one link. It is bound to a file, so it lives on
 * when every process is killed, and the containers in it keep their network while Hafen is stopped.
 */
export async function openNetwork(places: Places): Promise<EngineNetwork> {
  const { namespace, path, link } = namesOf(places);
  const resolver = await readResolver();
  const plan = await readPlan(places, resolver.servers);
  const mtu = await hostMtu();
  const enter = ["nsenter", `--net=${path}`, "--"];

  if (!(await succeeds("nsenter", [`--net=${path}`, "--", "true"]))) {
    await rm(path, { force: true }); // an empty file is left where /run outlives a reboot
    await run("ip", ["netns", "add", namespace]);
  }
  if (!(await succeeds("ip", ["link", "show", link]))) {
    await run("ip", ["link", "add", link, "type", "veth", "peer", "name", UPLINK, "netns", namespace]);
  }
  await run("ip", ["address", "replace", `${plan.hostAddress}/30`, "dev", link]);
  await run("ip", ["link", "set", link, "mtu", String(mtu), "up"]);
  const inside = (...args: string[]) => run("ip", ["-n", namespace, ...args]);
  await inside("link", "set", "lo", "up");
  await inside("address", "replace", `${plan.engineAddress}/30`, "dev", UPLINK);
  await inside("link", "set", UPLINK, "mtu", String(mtu), "up");
  await inside("route", "replace", "default", "via", plan.hostAddress);
  await writeFile("/proc/sys/net/ipv4/ip_forward", "1");
  await addRules(hostRules(link, plan.block));
  await addRules(entryRules(plan.hostAddress, UPLINK), enter);
  // Strict: nothing comes over the link with an address that does not lie behind it.
  await writeFile(`/proc/sys/net/ipv4/conf/${link}/rp_filter`, "1");
  await run(...sysctl(path, `${UPLINK}/rp_filter`));
  await run("ip", ["route", "replace", plan.block, "via", plan.engineAddress, "dev", link, "src", plan.hostAddress]);

  const [server] = resolver.servers;
  if (server !== undefined && resolver.loopback.length > 0) {
    await run(...sysctl(path, "all/route_localnet"));
    for (const loopback of resolver.loopback) await addRules(resolverRules(loopback, server, UPLINK), enter);
  }
  return {
    namespace,
    resolvers: resolver.servers,
    plan,
    mtu,
    dns: resolver.loopback.length > 0 ? resolver.servers : [],
    enter,
  };
}

export async function closeNetwork(places: Places): Promise<void> {
  const { namespace, path, link } = namesOf(places);
  const plan = await storedPlan(places);
  if (plan) await removeRules(hostRules(link, plan.block));
  // The worker's on this host, which is about the link alone; those inside go with the namespace.
  const table = ["delete", "table", "inet", `hafen_${namespace.replaceAll(/\W/g, "_")}`];
  await succeeds("nft", table);
  // The route goes with the link.
  if (await succeeds("ip", ["link", "show", link])) await run("ip", ["link", "delete", link]);
  if (existsSync(path)) await run("ip", ["netns", "delete", namespace]);
}

/** The namespace's own settings are seen only from inside it. */
function sysctl(path: string, name: string): [string, string[]] {
  return ["nsenter", [`--net=${path}`, "--", "sh", "-c", `echo 1 > /proc/sys/net/ipv4/conf/${name}`]];
}

function namesOf(places: Places): { namespace: string; path: string; link: string } {
  // An interface's name is limited to 15 characters.
  return { namespace: `hafen-${places.id}`, path: `/run/netns/hafen-${places.id}`, link: `hafen-${places.id}` };
}

/** Chosen once and kept: networks that users made lie in it. */
async function readPlan(places: Places, servers: string[]): Promise<AddressPlan> {
  const stored = await storedPlan(places);
  if (stored) return stored;
  const routes = JSON.parse(await run("ip", ["-j", "-4", "route", "show", "table", "all"])) as { dst: string }[];
  const taken = routes.map((route) => route.dst).filter((destination) => destination !== "default");
  const plan = choosePlan(places.id, [...taken, ...servers]);
  if (!plan)
    throw new ServiceError(
      "busy",
      "Every private /16 in 10.0.0.0/8 and 172.16.0.0/12 is routed on this machine, none is left for the engine.\nNarrow a route, or set DOCKER_HOST to an engine that has a network.",
    );
  await writeFile(planFile(places), `${JSON.stringify(plan, null, 2)}\n`);
  return plan;
}

async function storedPlan(places: Places): Promise<AddressPlan | undefined> {
  const text = await readFile(planFile(places), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as AddressPlan);
}

function planFile(places: Places): string {
  return join(places.home, "addresses.json");
}

/** Larger packets than the way out carries would vanish. */
async function hostMtu(): Promise<number> {
  const [route] = JSON.parse(await run("ip", ["-j", "-4", "route", "show", "default"])) as { dev: string }[];
  if (!route) return DEFAULT_MTU;
  return Number(await readFile(`/sys/class/net/${route.dev}/mtu`, "utf8").catch(() => DEFAULT_MTU));
}
