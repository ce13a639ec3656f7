import type { ProblemCode } from "./problems.ts";

/** Fields of docker's that nobody may have, by the problem that each is answered with. */
const REFUSED = {
  privileged_refused: {
    fields: ["privileged"],
    detail: "Leave it out: a container's rights are those of its profile, standard or restricted.",
  },
  namespace_refused: {
    fields: ["pidMode", "networkMode", "ipcMode", "utsMode", "usernsMode", "cgroupnsMode", "links"],
    detail:
      "Leave it out: each container has namespaces of its own, and finds its user's others on their network by name.",
  },
  device_refused: {
    fields: ["devices", "deviceCgroupRules", "deviceRequests"],
    detail: "Leave it out: the host's devices are nobody's.",
  },
  capability_refused: {
    fields: ["capAdd", "capDrop", "capabilities", "groupAdd"],
    detail: "Leave it out: profile standard has a short list of capabilities, and restricted none.",
  },
  sysctl_refused: {
    fields: ["sysctls", "oomKillDisable", "oomScoreAdj"],
    detail: "Leave it out: these settings are the host's.",
  },
  security_option_refused: {
    fields: ["securityOpt", "maskedPaths", "readonlyPaths", "readonlyRootfs", "seccomp", "apparmor"],
    detail: "Leave it out, or ask for profile restricted, whose root is read-only: nobody can widen a profile.",
  },
  host_path_refused: {
    fields: ["binds", "volumeDriver", "storageOpt"],
    detail: 'Use mounts: {type: "volume"} or {type: "host"}, which names a directory of your own virtual host tree.',
  },
  cgroup_refused: {
    fields: ["cgroupParent", "cgroup", "cpusetCpus", "cpusetMems", "cpuShares", "blkioWeight"],
    detail: "Use limits: the place in the host's cgroups is Hafen's to choose.",
  },
} as const satisfies Partial<Record<ProblemCode, { fields: readonly string[]; detail: string }>>;

export const REFUSALS = Object.keys(REFUSED) as (keyof typeof REFUSED)[];

/** What a body is answered with that has this field, in docker's spelling (`CapAdd`) or ours (`capAdd`). */
export function refusalOfField(name: string): { code: ProblemCode; detail: string } | undefined {
  for (const code of REFUSALS) {
    const { fields, detail } = REFUSED[code];
    if (fields.some((field) => field.toLowerCase() === name.toLowerCase()))
      return { code, detail: `${name}: ${detail}` };
  }
  return undefined;
}
