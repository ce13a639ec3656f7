import { readlink } from "node:fs/promises";
import type { CgroupReport, EngineId, IsolationReport, Op } from "../../engine.ts";
import { EngineError } from "../../error.ts";
import { type ContainerCgroup, findCgroup, holds } from "../cgroup/find.ts";
import * as readings from "../cgroup/readings.ts";
import type { Client } from "../client.ts";
import { requireContainer } from "../containers.ts";
import { readIfThere } from "../proc-file.ts";
import { idMap, statusField } from "../proc-status.ts";
import { capabilityNames } from "./capabilities.ts";
import { mountsOf } from "./mounts.ts";
import { networkOf } from "./network.ts";

const NAMESPACES = ["pid", "mnt", "net", "uts", "ipc", "user", "cgroup"] as const;
const SECCOMP_MODES = ["disabled", "strict", "filter"] as const;

/** All but the runtime's name is the kernel's word: nothing here is what the engine was asked for. */
export async function isolation(client: Client, id: EngineId, op?: Op): Promise<IsolationReport> {
  const { State: state, HostConfig: asked } = await requireContainer(client, id, op);
  if (!state.Running) throw new EngineError("conflict", `container ${id} is not running`);
  const cgroup = await findCgroup(client, id, op);
  if (!cgroup) throw new EngineError("unavailable", `the processes of ${id} are not visible from this machine`);
  const file = async (name: string) => (await readIfThere(`/proc/${cgroup.pid}/${name}`)) ?? "";
  const [status = "", uidMap, gidMap, limits = "", mountinfo = ""] = await Promise.all(
    ["status", "uid_map", "gid_map", "limits", "mountinfo"].map(file),
  );
  const capabilities = (field: string) => capabilityNames(statusField(status, field) ?? "");
  const filters = statusField(status, "Seccomp_filters");
  const report: IsolationReport = {
    runtime: asked.Runtime ?? "",
    namespaces: await namespacesOf(cgroup.pid),
    uidMap: idMap(uidMap),
    gidMap: idMap(gidMap),
    cgroup: await cgroupReport(cgroup),
    capabilities: {
      effective: capabilities("CapEff"),
      permitted: capabilities("CapPrm"),
      inheritable: capabilities("CapInh"),
      bounding: capabilities("CapBnd"),
      ambient: capabilities("CapAmb"),
    },
    noNewPrivileges: statusField(status, "NoNewPrivs") === "1",
    seccomp: {
      mode: SECCOMP_MODES[Number(statusField(status, "Seccomp") ?? 0)] ?? "disabled",
      filters: filters === undefined ? undefined : Number(filters),
    },
    lsmLabel: await lsmLabel(cgroup.pid),
    openFiles: openFiles(limits),
    mounts: mountsOf(mountinfo),
    network: await networkOf(cgroup.pid),
  };
  // It ended while it was read, and its number may be another's.
  if (!(await holds(cgroup))) throw new EngineError("conflict", `container ${id} is not running`);
  return report;
}

/** Of the types that this kernel has. What cannot be seen is not taken for the process's own. */
export async function namespacesOf(pid: number): Promise<IsolationReport["namespaces"]> {
  const read = async (of: number | "self", type: string) =>
    Number(/\d+/.exec(await readlink(`/proc/${of}/ns/${type}`))?.[0]);
  const found = NAMESPACES.map(async (type) => {
    const ours = await read("self", type).catch(() => undefined);
    if (ours === undefined) return [];
    const id = await read(pid, type).catch((cause: unknown) => {
      throw new EngineError("unavailable", `cannot see the ${type} namespace of process ${pid}`, { cause });
    });
    return { type, id, own: id !== ours };
  });
  return (await Promise.all(found)).flat();
}

async function cgroupReport(cgroup: ContainerCgroup): Promise<CgroupReport> {
  const { quotaUs, periodUs } = await readings.cpuLimit(cgroup);
  return {
    version: cgroup.version,
    controllers: Object.keys(cgroup.at),
    memory: {
      limitBytes: await readings.memoryLimit(cgroup),
      usedBytes: await readings.memoryUsed(cgroup),
      peakBytes: await readings.memoryPeak(cgroup),
    },
    swap: await readings.swap(cgroup),
    cpu: {
      quotaUs,
      periodUs,
      usedMs: await readings.cpuMs(cgroup),
      throttledMs: await readings.throttledMs(cgroup),
    },
    pids: {
      limit: await readings.pidsLimit(cgroup),
      current: await readings.pidsNow(cgroup),
      peak: await readings.pidsPeak(cgroup),
    },
    oomKills: await readings.oomKills(cgroup),
    blockIo: await readings.blockIo(cgroup),
  };
}

/** Reading it fails where no security module is in force. */
async function lsmLabel(pid: number): Promise<string | undefined> {
  const text = await readIfThere(`/proc/${pid}/attr/current`).catch(() => undefined);
  return text?.replace(/[\0\n]+$/, "") || undefined;
}

function openFiles(limits: string): IsolationReport["openFiles"] {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits) ?? [];
  const number = (text: string | undefined) => (text === undefined || text === "unlimited" ? undefined : Number(text));
  return { soft: number(soft), hard: number(hard) };
}
