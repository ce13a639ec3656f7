import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before } from "node:test";
import Docker from "dockerode";
import type { CreateContainer, HafenErrorCode } from "@hafen/sdk";
import { abuse, requireEnv, startWorld, type World } from "../support/index.ts";
import { refusal } from "../api/ask.ts";

const WAIT = { waitSeconds: 60 };
/** What a request may say that could change how its container is made. */
const REQUESTS: Partial<CreateContainer>[] = [
  {},
  { profile: "restricted" },
  { tty: true, openStdin: true },
  { user: "0" },
  { mounts: [{ type: "volume", target: "/data" }], ports: [{ container: 80, public: true }] },
  { mounts: [{ type: "host", source: "/etc", target: "/etc2" }] },
  { mounts: [{ type: "host", source: "/var/run/docker.sock", target: "/var/run/docker.sock" }] },
  { mounts: [{ type: "tmpfs", target: "/tmp" }], profile: "restricted" },
  { healthcheck: { test: ["CMD", "true"] }, restart: { policy: "always" } },
  { limits: { cpus: 0.2, memoryBytes: 16 * 1024 * 1024, pids: 8 }, autoRemove: true },
];

let world: World;
let docker: Docker;
before(async () => {
  world = await startWorld();
  docker = new Docker({ socketPath: requireEnv("HAFEN_TEST_ENGINE").replace("unix://", "") });
});
after(() => world?.[Symbol.asyncDispose]());

abuse("D7", "whatever a request says, its container passes section 5 of the CIS Docker benchmark", async () => {
  const user = await world.user();
  const made = await Promise.all(
    REQUESTS.map((request) =>
      user.containers.create({ image: "busybox", command: ["sleep", "600"], ...request }, WAIT),
    ),
  );
  for (const { id } of made) await assertBench(id);
  return `${made.length} containers of as many kinds: none is privileged, shares a namespace, mounts the host or lacks a limit`;
});

const FIELDS: Record<string, [field: string, value: unknown][]> = {
  privileged_refused: [
    ["privileged", true],
    ["Privileged", true],
  ],
  namespace_refused: [
    ["PidMode", "host"],
    ["networkMode", "container:x"],
    ["IpcMode", "host"],
    ["UTSMode", "host"],
    ["UsernsMode", "host"],
    ["CgroupnsMode", "host"],
  ],
  device_refused: [
    ["devices", [{ PathOnHost: "/dev/sda" }]],
    ["DeviceCgroupRules", ["a *:* rwm"]],
  ],
  capability_refused: [
    ["CapAdd", ["ALL"]],
    ["groupAdd", ["disk"]],
  ],
  sysctl_refused: [
    ["sysctls", { "net.ipv4.ip_forward": "1" }],
    ["OomKillDisable", true],
    ["OomScoreAdj", -1000],
  ],
  security_option_refused: [
    ["SecurityOpt", ["seccomp=unconfined"]],
    ["MaskedPaths", []],
  ],
  host_path_refused: [
    ["Binds", ["/etc:/x"]],
    ["binds", ["/var/run/docker.sock:/s"]],
  ],
  cgroup_refused: [["CgroupParent", "/"]],
};

abuse("D6", "docker's fields that widen a container are refused, each by its own code", async () => {
  const user = await world.user();
  for (const [code, fields] of Object.entries(FIELDS)) {
    for (const [field, value] of fields) {
      const body = { image: "busybox", [field]: value } as unknown as CreateContainer;
      await refusal(user.containers.create(body), code as HafenErrorCode);
    }
  }
  assert.deepEqual((await user.containers.list()).items, []);
  return `${Object.values(FIELDS).flat().length} fields in docker's spelling and ours: 400 with the code of each, nothing made`;
});

/** By the number of its recommendation in CIS Docker 1.6. */
async function assertBench(id: string): Promise<void> {
  const { HostConfig: host, Mounts: mounts, State: state } = await docker.getContainer(id).inspect();
  const is = (number: string, holds: boolean) => assert.ok(holds, `5.${number} of ${id}: ${JSON.stringify(host)}`);
  is(
    "4 capabilities",
    String(host.CapDrop) === "ALL" &&
      !(host.CapAdd ?? []).some((name: string) => /ALL|ADMIN|RAW|MODULE|PTRACE|MKNOD/.test(name)),
  );
  is("5 privileged", host.Privileged === false);
  is(
    "6 sensitive directories, 5.32 the engine's socket",
    mounts.every(
      ({ Type, Source, Name }) => Type === "tmpfs" || (Type === "volume" && Source.includes(`/volumes/${Name}/`)),
    ),
  );
  is("9 pids of the host", !host.PidMode);
  is("10 the host's network", host.NetworkMode !== "host" && !host.NetworkMode?.startsWith("container:"));
  is("11 memory", (host.Memory ?? 0) > 0 && host.MemorySwap === host.Memory);
  is("12 processors", (host.NanoCpus ?? 0) > 0);
  is(
    "14 ports on the host",
    Object.keys((host.PortBindings ?? {}) as object).length === 0 && host.PublishAllPorts === false,
  );
  is("15 restarts", host.RestartPolicy?.Name === "no");
  is("16 ipc of the host", host.IpcMode === "private");
  is(
    "17 ulimits",
    (host.Ulimits ?? []).some(({ Name }: { Name?: string | undefined }) => Name === "nofile"),
  );
  is("18 devices", (host.Devices ?? []).length === 0 && (host.DeviceCgroupRules ?? null) === null);
  is("20 uts of the host", !host.UTSMode);
  is("21 seccomp", !(host.SecurityOpt ?? []).some((option: string) => option.includes("unconfined")));
  is("24 cgroup", (host.CgroupParent ?? "") === "");
  is(
    "25 privileges",
    (host.SecurityOpt ?? []).some((option: string) => option.startsWith("no-new-privileges")),
  );
  is("28 pids", (host.PidsLimit ?? 0) > 0);
  is("30 the host's user namespace", !host.UsernsMode);
  is(
    "logs",
    host.LogConfig?.Type === "json-file" && Boolean((host.LogConfig.Config as Record<string, string>)["max-size"]),
  );
  const proc = (file: string) => readFileSync(`/proc/${state.Pid}/${file}`, "utf8");
  assert.equal(proc("oom_score_adj").trim(), "500", "the kernel ends it before the service");
  assert.match(proc("status"), /^NoNewPrivs:\s1$/m);
  assert.match(proc("status"), /^Seccomp:\s2$/m);
  assert.doesNotMatch(proc("uid_map"), /^\s*0\s+0\s/, "its root is not the machine's");
}
