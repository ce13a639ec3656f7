import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EngineId, Op } from "../../engine.ts";
import type { Client } from "../client.ts";
import { inspectRaw } from "../containers.ts";
import { readIfThere, readNow } from "../proc-file.ts";
import { belongsTo } from "../process-tree.ts";

const CONTROLLERS = ["cpu", "cpuacct", "memory", "pids", "blkio"] as const;
export type Controller = (typeof CONTROLLERS)[number];

/**
 * Where a container's cgroups are on this machine. Version 1 has a tree for each controller, and often a version 2 tree without any
 * beside them; version 2 has that tree alone.
 */
export interface ContainerCgroup {
  containerId: string;
  version: 1 | 2;
  /** Its directory in the version 2 tree, where there is one. */
  unified: string | undefined;
  /** Its directory in the tree that holds the controller. */
  at: Partial<Record<Controller, string>>;
  /** Its first process, as this machine counts. */
  pid: number;
}

/** One tree, as it is mounted here. */
interface Tree {
  unified: boolean;
  controllers: string[];
  mountPoint: string;
  root: string;
}

const MAX_KNOWN = 1_000;

/** The cgroup of a container that runs here; undefined for one that does not, or that runs on another machine. */
export async function findCgroup(client: Client, id: EngineId, op?: Op): Promise<ContainerCgroup | undefined> {
  const known = client.cgroups.get(id);
  if (known && (await holds(known))) return known;
  client.cgroups.delete(id);
  const found = await inspectRaw(client, id, op);
  if (!found?.State.Running) return undefined;
  const cgroup = await cgroupOf(found.State.Pid, found.Id);
  if (!cgroup) return undefined;
  client.cgroups.set(id, cgroup);
  // The oldest goes: a worker sees more containers in its life than it should remember.
  for (const oldest of client.cgroups.keys()) {
    if (client.cgroups.size <= MAX_KNOWN) break;
    client.cgroups.delete(oldest);
  }
  return cgroup;
}

/** The number of its first process may be another's by now. */
export function holds({ pid, containerId }: ContainerCgroup): Promise<boolean> {
  return belongsTo(pid, containerId);
}

/** A pid of an engine on another machine may be anybody's here: only a path with the container's own id counts. */
async function cgroupOf(pid: number, containerId: string): Promise<ContainerCgroup | undefined> {
  const text = await readIfThere(`/proc/${pid}/cgroup`);
  if (pid === 0 || !text?.includes(containerId)) return undefined;
  const places = text
    .trim()
    .split("\n")
    .map((line) => /^(\d+):([^:]*):(.*)$/.exec(line)?.slice(1) ?? [])
    .map(([number = "", names = "", path = ""]) => ({ unified: number === "0", names: names.split(","), path }));
  const trees = mountedTrees();
  const directory = (tree: Tree | undefined, path: string | undefined) => {
    if (!tree || path === undefined) return undefined;
    const inside = path.startsWith(tree.root) ? path.slice(tree.root === "/" ? 0 : tree.root.length) : path;
    const found = join(tree.mountPoint, inside);
    return found.includes(containerId) && existsSync(join(found, "cgroup.procs")) ? found : undefined;
  };

  const unified = directory(
    trees.find((tree) => tree.unified),
    places.find((place) => place.unified)?.path,
  );
  const at: ContainerCgroup["at"] = {};
  for (const controller of CONTROLLERS) {
    const found = directory(
      trees.find(({ controllers }) => controllers.includes(controller)),
      places.find(({ names }) => names.includes(controller))?.path,
    );
    if (found !== undefined) at[controller] = found;
  }
  if (at.memory !== undefined) return { containerId, version: 1, unified, at, pid };
  if (unified === undefined) return undefined;
  const everywhere = Object.fromEntries(CONTROLLERS.map((controller) => [controller, unified]));
  return { containerId, version: 2, unified, at: everywhere, pid };
}

let trees: Tree[] | undefined;

/** Mounted when the machine starts, so read once. */
function mountedTrees(): Tree[] {
  return (trees ??= (readNow("/proc/self/mountinfo") ?? "").split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root = "", mountPoint = ""] = before.split(" ");
    const [type, , options = ""] = after.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") return [];
    return [{ unified: type === "cgroup2", controllers: options.split(","), mountPoint, root }];
  }));
}
