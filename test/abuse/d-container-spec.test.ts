import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { Container, Hafen } from "@hafen/sdk";
import { ask } from "../api/ask.ts";
import { abuse, eventually, startWorld, type World } from "../support/index.ts";

const MIB = 1024 * 1024;
const WAIT = { waitSeconds: 60 };
let world: World;
let user: Hafen & { apiKey: string };
let other: Hafen & { apiKey: string };
before(async () => {
  world = await startWorld();
  [user, other] = [await world.user(), await world.user()];
});
after(() => world[Symbol.asyncDispose]());

const base = { image: "busybox", command: ["sleep", "1000"] };
type Refused = { code: string; errors?: { pointer: string }[] };
const create = (body: object) =>
  ask<Refused & Container>(world.url, "POST", "/v1/containers", { key: user.apiKey, json: body });

/** Each is refused by the request alone, and makes nothing. */
async function refused(bodies: object[], codes = ["invalid_request"]): Promise<string> {
  for (const more of bodies) {
    const { status, body, text } = await create({ ...base, ...more });
    assert.ok(status === 400 || status === 403, `${JSON.stringify(more).slice(0, 200)}: ${status} ${text}`);
    // A field that is Docker's has a code of its own; a value that is none is an invalid request.
    if (status === 400 && body.errors) assert.ok(codes.includes(body.code) || body.code.endsWith("_refused"), text);
  }
  assert.deepEqual((await user.containers.list()).items, []);
  return `${bodies.length} requests refused, nothing made`;
}
/** Docker's field at the top, in its HostConfig, and as the house would write it. */
const asDocker = (name: string, value: unknown) => [
  { [name]: value },
  { HostConfig: { [name]: value } },
  { hostConfig: { [name]: value } },
  { [name[0]?.toLowerCase() + name.slice(1)]: value },
];
const inContainer = async (id: string, script: string) =>
  (await user.containers.exec(id, { command: ["sh", "-c", script] })).stdout.trim();
const engineOf = async (id: string) => {
  const info = await world.engine.inspectContainer(id);
  assert.ok(info, `the engine has no ${id}`);
  return info;
};
const running = (more: object = {}) => user.containers.use({ ...base, ...more }, WAIT);

abuse("D1", "privileged, capabilities, devices", () =>
  refused([
    ...asDocker("Privileged", true),
    ...asDocker("CapAdd", ["SYS_ADMIN"]),
    ...asDocker("CapAdd", ["ALL"]),
    ...asDocker("Devices", [{ PathOnHost: "/dev/vda", PathInContainer: "/dev/vda", CgroupPermissions: "rwm" }]),
    ...asDocker("Devices", [{ PathOnHost: "/dev/kvm", PathInContainer: "/dev/kvm", CgroupPermissions: "rwm" }]),
    ...asDocker("DeviceCgroupRules", ["a *:* rwm"]),
    ...asDocker("DeviceRequests", [{ Count: -1 }]),
    { profile: "privileged" },
    { isolation: { capabilities: ["SYS_ADMIN"] } },
  ]),
);

abuse("D2", "a directory of the host, by bind, as a volume's name, as a path of the virtual tree", async () => {
  const bind = (source: string) => ({ mounts: [{ type: "bind", source, target: "/x" }] });
  const volume = (source: string) => ({ mounts: [{ type: "volume", source, target: "/x" }] });
  const paths = ["/", "/etc", "/var/run/docker.sock", "/proc", "relative", "../up", "/no/such"];
  const said = await refused([
    ...paths.map(bind),
    ...paths.filter((path) => /\W/.test(path)).map(volume),
    ...asDocker("Binds", ["/:/x"]),
    { mounts: [{ type: "host", source: "/", target: "/x" }] },
    { mounts: [{ type: "host", source: "/a/../../etc", target: "/x" }] },
    { mounts: [{ type: "volume", target: "/a/../.." }] },
  ]);
  await using container = await running({
    mounts: [
      { type: "host", source: "/etc", target: "/x" },
      { type: "host", source: "/var/run/docker.sock", target: "/sock" },
    ],
  });
  assert.equal(await inContainer(container.id, "ls -A /x /sock; stat -c %F /sock"), "/sock:\n\n/x:\ndirectory");
  return `${said}; /etc and the engine's socket of the virtual tree are empty directories of one's own`;
});

abuse("D3", "volumes with a driver and its options", async () => {
  const bodies = [
    { name: "v", driver: "local", driverOpts: { type: "none", o: "bind", device: "/etc" } },
    { name: "v", DriverOpts: { type: "nfs", o: "addr=10.0.0.1", device: ":/" } },
    { name: "v", options: { type: "cifs", device: "//10.0.0.1/x" } },
    { name: "../v" },
    { name: "/../etc" },
  ];
  for (const json of bodies) {
    const { status, text } = await ask(world.url, "POST", "/v1/volumes", { key: user.apiKey, json });
    assert.equal(status, 400, text);
  }
  const options = { DriverConfig: { Options: { type: "none", o: "bind", device: "/etc" } } };
  await refused([{ mounts: [{ type: "volume", source: "v", target: "/x", volumeOptions: options }] }]);
  return `${bodies.length + 1} requests refused`;
});

abuse("D4", "namespaces of the host or of another's container", async () => {
  const victim = await other.containers.create(base, WAIT);
  const modes = ["PidMode", "NetworkMode", "IpcMode", "UTSMode", "UsernsMode", "CgroupnsMode"];
  const theirs = `container:${victim.id}`;
  const said = await refused([
    ...modes.flatMap((mode) => [...asDocker(mode, "host"), ...asDocker(mode, theirs)]),
    { network: "host" },
    { network: theirs },
    { volumesFrom: ["../victim"] },
  ]);
  const { status, body } = await create({ ...base, volumesFrom: [victim.id] });
  assert.deepEqual([status, body.code], [404, "container_not_found"]);
  return said;
});

abuse("D5", "seccomp, AppArmor, labels, masked paths and no-new-privileges switched off", () =>
  refused([
    ...["seccomp=unconfined", "apparmor=unconfined", "label=disable", "systempaths=unconfined"].flatMap((option) =>
      asDocker("SecurityOpt", [option]),
    ),
    ...asDocker("SecurityOpt", ["no-new-privileges:false"]),
    { seccomp: "unconfined" },
  ]),
);

abuse("D6", "sysctls, masked paths, groups, runtimes, cgroup parents", () =>
  refused([
    ...asDocker("Sysctls", { "net.ipv4.ip_forward": "1" }),
    ...asDocker("MaskedPaths", []),
    ...asDocker("ReadonlyPaths", []),
    ...asDocker("GroupAdd", ["disk"]),
    ...asDocker("Runtime", "x"),
    ...asDocker("CgroupParent", "/"),
    { user: "0:disk,kvm" },
  ]),
);

abuse("D7", "limits lifted or beyond reason", async () => {
  const said = await refused(
    [
      ...asDocker("OomKillDisable", true),
      ...asDocker("OomScoreAdj", -1000),
      ...asDocker("ShmSize", 100 * 1024 * MIB),
      ...asDocker("Ulimits", [{ Name: "nofile", Soft: 1e6, Hard: 1e6 }]),
      ...asDocker("MemorySwap", -1),
      ...[-1, 0, 1, 1.5, 2 ** 63, "0x10", null].map((memoryBytes) => ({ limits: { memoryBytes } })),
      ...[-1, 0, 32_769, 1.5, "x"].map((pids) => ({ limits: { pids } })),
      ...[-1, 0, 513, "1"].map((cpus) => ({ limits: { cpus } })),
      { mounts: [{ type: "tmpfs", target: "/t", sizeBytes: 100 * 1024 * MIB }] },
      { mounts: [{ type: "tmpfs", target: "/t", sizeBytes: -1 }] },
      { mounts: [{ type: "tmpfs", target: "/t", sizeBytes: 4096, options: "exec,suid" }] },
    ],
    ["invalid_request", "invalid_json"],
  );
  const { status, body } = await create({ ...base, limits: { memoryBytes: 2 ** 50 } });
  assert.ok([400, 409].includes(status), body.code);
  return `${said}; a pebibyte of memory: ${body.code}`;
});

abuse("D8", "log drivers, extra hosts and resolvers that connect for the attacker", () =>
  refused([
    ...["syslog", "gelf", "fluentd"].flatMap((Type) =>
      asDocker("LogConfig", { Type, Config: { "syslog-address": "udp://169.254.169.254:514" } }),
    ),
    ...asDocker("ExtraHosts", ["metadata:169.254.169.254"]),
    ...asDocker("Dns", ["10.0.0.1"]),
    ...asDocker("DnsOptions", ["ndots:15"]),
    ...asDocker("Links", ["victim:db"]),
  ]),
);

abuse("D9", "ports of the host, all ports, and a whole range by EXPOSE", async () => {
  const said = await refused([
    ...asDocker("PublishAllPorts", true),
    ...asDocker("PortBindings", { "80/tcp": [{ HostPort: "22" }] }),
    { ports: [{ container: 80, hostPort: 22 }] },
    { ports: [{ container: 0 }] },
    { ports: [{ container: 65_536 }] },
    { ports: Array.from({ length: 65 }, (_, at) => ({ container: at + 1 })) },
  ]);
  const dockerfile = "FROM busybox\nEXPOSE 1-65535\n";
  const build = await user.builds.createFromFiles({ dockerfile }, { tag: "every-port", ...WAIT });
  if (build.state !== "succeeded") return `${said}; EXPOSE of all ports fails: ${build.failure?.code}`;
  await using container = await running({ image: "every-port" });
  const { ports } = await user.containers.get(container.id);
  assert.ok(ports.length <= 64);
  assert.equal((await engineOf(container.id)).state, "running");
  return `${said}; an image that exposes all ports starts, with ${ports.length} addresses and no port of the host`;
});

abuse("D10", "labels of the service, in a request and from an image", async () => {
  const victim = await other.containers.create(base, WAIT);
  const said = await refused([{ labels: { "hafen.id": victim.id } }, { labels: { "hafen.host": "x" } }]);
  const labels = `hafen.id=${victim.id} hafen.user=${(await other.me()).id} com.docker.compose.project=x`;
  const dockerfile = `FROM busybox\nLABEL ${labels}\n`;
  const build = await user.builds.createFromFiles({ dockerfile }, { tag: "labelled", ...WAIT });
  assert.equal(build.state, "succeeded", JSON.stringify(build.failure));
  const container = await user.containers.create(
    { ...base, image: "labelled", labels: { "com.docker.compose.project": "y" } },
    WAIT,
  );
  const found = (await engineOf(container.id)).labels;
  assert.equal(found["hafen.id"], container.id);
  assert.equal(found["hafen.user"], (await user.me()).id);
  await user.containers.remove(container.id, { force: true, ...WAIT });
  assert.equal((await engineOf(victim.id)).state, "running");
  assert.equal((await other.containers.get(victim.id)).state, "running");
  return `${said}; over an image's labels ours win, and the container they name runs on`;
});

abuse("D11", "names that climb, are long, hold a newline, or are another's", async () => {
  const said = await refused([
    { name: "../x" },
    { name: "x".repeat(300) },
    { name: "a\nb" },
    { name: "-rf" },
    { name: "" },
    { hostname: "a b" },
    { hostname: "x".repeat(300) },
  ]);
  const theirs = await other.containers.create({ ...base, name: "twin" }, WAIT);
  await refused([{ name: theirs.id }]);
  const mine = await user.containers.create({ ...base, name: "twin" }, WAIT);
  const third = await user.containers.create({ ...base, name: "TWIN" }, WAIT);
  for (const { id } of [mine, third]) assert.equal((await engineOf(id)).name, id);
  assert.notEqual((await user.containers.get("twin")).id, theirs.id);
  for (const { id } of [mine, third]) await user.containers.remove(id, { force: true, ...WAIT });
  return `${said}; twins live side by side, in the engine under their ids`;
});

abuse("D12", "20 MB of environment, 10,000 labels, and as much as a body holds", async () => {
  const huge = await create({ ...base, env: { A: "x".repeat(20 * MIB) } });
  assert.deepEqual([huge.status, huge.body.code], [413, "body_too_large"]);
  const labels = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`l${at}`, "x"]));
  const said = await refused([{ labels }]);
  const env = Object.fromEntries(Array.from({ length: 15 }, (_, at) => [`E${at}`, "x".repeat(128 * 1024)]));
  const most = await user.containers.create({ ...base, env }, WAIT);
  assert.ok(["running", "failed"].includes(most.state), most.state);
  await user.containers.remove(most.id, { force: true, ...WAIT });
  return `413, then ${said}; 1.9 MB of environment: ${most.state} ${most.failure?.code ?? ""}`;
});

abuse("D13", "users that are root, out of range or nobody's; the runtime's own file for a program", async () => {
  const asRoot = await running({ user: "0" });
  const [, inside, outside] = /^\s*(\d+)\s+(\d+)/.exec(await inContainer(asRoot.id, "cat /proc/self/uid_map")) ?? [];
  assert.equal(inside, "0");
  assert.notEqual(outside, "0", "root is not the host's root");
  await asRoot[Symbol.asyncDispose]();
  const { status } = await create({ ...base, profile: "restricted", user: "root" });
  assert.equal(status, 400);
  const ends: string[] = [];
  for (const more of [
    { user: "4294967296" },
    { user: "nobody-here" },
    { entrypoint: ["/proc/1/root/../proc/kcore"] },
  ]) {
    const made = await user.containers.create({ ...base, ...more }, WAIT);
    const { settled, exitCode } = await user.containers.wait(made.id, { timeoutSeconds: 30 });
    assert.ok(settled && (made.state === "failed" || exitCode !== 0), JSON.stringify(more));
    ends.push(made.failure?.code ?? `exit code ${exitCode}`);
    await user.containers.remove(made.id, { force: true, ...WAIT });
  }
  const itself = await user.containers.create({ ...base, entrypoint: ["/proc/self/exe"], command: [] }, WAIT);
  const { settled } = await user.containers.wait(itself.id, { timeoutSeconds: 30 });
  assert.ok(settled, "it ends");
  await user.containers.remove(itself.id, { force: true, ...WAIT });
  return `root is an id of no meaning on the host, restricted refuses it; the rest ends as ${[...new Set(ends)].join(", ")}`;
});

abuse("D14", "a crash loop", async () => {
  const made = await user.containers.create({
    image: "busybox",
    command: ["false"],
    restart: { policy: "always" },
  });
  const pauses: number[] = [];
  let seen = 0;
  await eventually("it has been started again three times", async () => {
    const { restartCount, restartAt, finishedAt } = await user.containers.get(made.id);
    if (restartAt !== null && finishedAt !== null && restartCount >= seen) {
      pauses.push(Date.parse(restartAt) - Date.parse(finishedAt));
      seen = restartCount + 1;
    }
    return pauses.length >= 4;
  });
  assert.ok((pauses.at(-1) ?? 0) > 2 * (pauses[0] ?? 0), pauses.join(", "));
  await user.containers.stop(made.id, {}, WAIT);
  assert.equal((await user.containers.get(made.id)).state, "exited");
  await user.containers.remove(made.id, WAIT);
  return `the pauses grow: ${pauses.map((ms) => `${ms} ms`).join(", ")}, and a stop ends it`;
});
