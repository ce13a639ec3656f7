const NAMESPACES = "each container has namespaces of its own, and none of the host's";
export const NETWORK = "every container is on its user's own network, where the others find it by its name";
const RIGHTS = "a container's rights are those of its --profile, standard or restricted, and nobody can widen them";
const DEVICES = "the host's devices are nobody's";
const PLACED = "Hafen places containers, and keeps their limits and logs, itself";

/** Flags of docker's that are not taken on purpose, and why. */
export const REFUSED_FLAGS: Readonly<Record<string, string>> = {
  "--privileged": RIGHTS,
  "--cap-add": RIGHTS,
  "--cap-drop": RIGHTS,
  "--security-opt": RIGHTS,
  "--group-add": RIGHTS,
  "--sysctl": RIGHTS,
  "--ulimit": RIGHTS,
  "--read-only": "--profile restricted has a read-only root",
  "--device": DEVICES,
  "--device-cgroup-rule": DEVICES,
  "--gpus": DEVICES,
  "--net": NETWORK,
  "--network-alias": NETWORK,
  "--link": NETWORK,
  "--ip": NETWORK,
  "--mac-address": NETWORK,
  "--dns": NETWORK,
  "--add-host": NETWORK,
  "--pid": NAMESPACES,
  "--ipc": NAMESPACES,
  "--uts": NAMESPACES,
  "--userns": NAMESPACES,
  "--cgroupns": NAMESPACES,
  "--cgroup-parent": PLACED,
  "--cpuset-cpus": PLACED,
  "--cpu-shares": PLACED,
  "--memory-swap": PLACED,
  "--memory-reservation": PLACED,
  "--oom-kill-disable": PLACED,
  "--blkio-weight": PLACED,
  "--storage-opt": PLACED,
  "--log-driver": PLACED,
  "--log-opt": PLACED,
  "--runtime": PLACED,
  "--volume-driver": PLACED,
  "--shm-size": "/dev/shm has a size of its own; mount memory where more is needed: --tmpfs PATH:size=256m",
  "--pull": "an image is taken out of a registry by: hafen pull",
  "--cidfile": "the id is printed by: hafen run -d, and hafen create",
  "--stop-signal": "it is given when stopping: hafen stop -s",
  "--stop-timeout": "it is given when stopping: hafen stop -t",
};
