import type { ContainerProcess, EngineId, IdRange, Op } from "../engine.ts";
import { EngineError } from "../error.ts";
import { findCgroup } from "./cgroup/find.ts";
import type { Client } from "./client.ts";
import { requireContainer } from "./containers.ts";
import { idMap, mappedId, statusField } from "./proc-status.ts";
import { childrenOf, pidsIn, readIfThere, statFields } from "./proc-file.ts";

/** Linux counts in these for everybody, whatever it counts in itself. */
const TICKS_PER_SECOND = 100;
const MAX_COMMAND_LENGTH = 4_096;

/** From the kernel's own list of what is in the container's cgroup: not the engine's, which counts as the host does. */
export async function top(client: Client, id: EngineId, op?: Op): Promise<ContainerProcess[]> {
  const cgroup = await findCgroup(client, id, op);
  if (!cgroup) {
    const { State: state } = await requireContainer(client, id, op);
    if (!state.Running) throw new EngineError("conflict", `container ${id} is not running`);
    throw new EngineError("unavailable", `the processes of ${id} are not visible from this machine`);
  }
  const directory = cgroup.at.pids ?? cgroup.unified ?? "";
  const init = await readIfThere(`/proc/${cgroup.pid}/status`);
  const context: Context = {
    // Below the namespace of the container's init a process may have more numbers; ours is the one at the same depth.
    depth: (statusField(init ?? "", "NSpid")?.split(/\s+/).length ?? 1) - 1,
    uidMap: idMap(await readIfThere(`/proc/${cgroup.pid}/uid_map`)),
    bootedAtMs: Number(/^btime (\d+)$/m.exec((await readIfThere("/proc/stat")) ?? "")?.[1] ?? 0) * 1000,
  };
  const found = await Promise.all(
    tree(directory)
      .flatMap(pidsIn)
      .map(async (pid) => ({ pid, process: await describe(pid, context) })),
  );
  const inside = new Map(found.map(({ pid, process }) => [pid, process?.pid ?? 0]));
  return found
    .flatMap(({ process }) => process ?? [])
    .map(({ hostParent, ...process }) => ({ ...process, parentPid: inside.get(hostParent) ?? 0 }))
    .toSorted((a, b) => a.pid - b.pid);
}

function tree(directory: string): string[] {
  return [directory, ...childrenOf(directory).flatMap((name) => tree(`${directory}/${name}`))];
}

interface Context {
  depth: number;
  uidMap: IdRange[];
  bootedAtMs: number;
}

async function describe(
  pid: number,
  { depth, uidMap, bootedAtMs }: Context,
): Promise<(Omit<ContainerProcess, "parentPid"> & { hostParent: number }) | undefined> {
  const [status, stat, commandLine] = await Promise.all(
    ["status", "stat", "cmdline"].map((file) => readIfThere(`/proc/${pid}/${file}`)),
  );
  const numbers = statusField(status ?? "", "NSpid")?.split(/\s+/) ?? [];
  // One that joined the cgroup only, as the runtime on its way into the container, is none of the container's.
  if (status === undefined || stat === undefined || numbers.length <= depth) return undefined;
  const fields = statFields(stat);
  const ticks = (at: number) => Number(fields[at] ?? 0);
  return {
    pid: Number(numbers[depth]),
    hostParent: Number(fields[1]),
    uid: mappedId(Number(statusField(status, "Uid")?.split(/\s+/)[1]), uidMap),
    state: fields[0] ?? "?",
    startedAtMs: bootedAtMs + (ticks(19) * 1000) / TICKS_PER_SECOND,
    cpuMs: ((ticks(11) + ticks(12)) * 1000) / TICKS_PER_SECOND,
    residentBytes: Number.parseInt(statusField(status, "VmRSS") ?? "0") * 1024,
    command: (commandLine ?? "").slice(0, MAX_COMMAND_LENGTH).split("\0").slice(0, -1),
    name: statusField(status, "Name") ?? "",
  };
}
