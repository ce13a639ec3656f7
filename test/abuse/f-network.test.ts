import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { networkInterfaces } from "node:os";
import { after, before } from "node:test";
import { promisify } from "node:util";
import { insideOf } from "@hafen/infra/testing";
import { abuse, eventually, startWorld, type World } from "../support/index.ts";
import { tarOf } from "../api/tar.ts";

const WAIT = { waitSeconds: 120 };
const SLEEP = ["sleep", "1000"];
/** The package mirror: a public address, here too. */
const MIRROR = "203.0.113.80";
const CONNECTIONS = 20;
const CANARY = "canary-of-an-inner-page";
/** What a rejected packet is to the one who sent it. What is `open`, or is waited for in vain, was let through. */
const REJECTED = /connection refused/i;

let world: World;
let eve: Awaited<ReturnType<World["user"]>>;
let bob: Awaited<ReturnType<World["user"]>>;
let eves: string;
let inner: ChildProcess;
let hostPort: number;
let innerPort: number;
const host = createServer((_, response) => response.writeHead(404).end(CANARY));

before(async () => {
  world = await startWorld({ env: { HAFEN_EGRESS_CONNECTIONS: String(CONNECTIONS) } });
  [eve, bob] = [await world.user("eve"), await world.user("bob")];
  host.listen(0, "0.0.0.0");
  await once(host, "listening");
  hostPort = (host.address() as { port: number }).port;
  const [program = "", ...enter] = insideOf(world.env["DOCKER_HOST"] ?? "");
  const listen = "const s = require('net').createServer().listen(0, '0.0.0.0', () => console.log(s.address().port))";
  inner = spawn(program, [...enter, process.execPath, "-e", listen], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(inner.stdout ?? inner, "data")) as [Buffer];
  innerPort = Number(line.toString());
  eves = (await eve.containers.create({ image: "busybox", command: SLEEP }, WAIT)).id;
});
after(async () => {
  inner.kill("SIGKILL");
  host.close();
  await world[Symbol.asyncDispose]();
});

type Target = readonly [address: string, port: number];

/** A shell script that says of each target what became of a connection to it: `open`, or why not. */
function probes(targets: readonly Target[], connect: string): string {
  const tried = targets.map(([address, port]) => `probe '${address}' ${port}`).join("; ");
  return `probe() { if out=$(${connect} 2>&1); then echo "$1 $2 open"; else echo "$1 $2" $out; fi; }; ${tried}; true`;
}
const FROM_CONTAINER = 'nc -w 2 "$1" "$2" </dev/null';
const FROM_ENGINE = 'timeout 2 bash -c "</dev/tcp/$1/$2"';

async function fromContainer(id: string, targets: readonly Target[]): Promise<string[]> {
  const { stdout } = await eve.containers.exec(id, { command: ["sh", "-c", probes(targets, FROM_CONTAINER)] });
  return linesOf(stdout);
}
/** As the engine's own requests go out: from its network namespace, and from no container. */
async function fromEngine(targets: readonly Target[]): Promise<string[]> {
  const [program = "", ...enter] = insideOf(world.env["DOCKER_HOST"] ?? "");
  const { stdout } = await promisify(execFile)(program, [...enter, "bash", "-c", probes(targets, FROM_ENGINE)]);
  return linesOf(stdout);
}
function linesOf(text: string): string[] {
  return text
    .trim()
    .split("\n")
    .filter((line) => /^\S+ \d+ /.test(line));
}
function assertRejected(found: readonly string[], targets: readonly Target[]): void {
  assert.equal(found.length, targets.length, found.join("\n"));
  assert.deepEqual(
    found.filter((line) => !REJECTED.test(line)),
    [],
  );
}

/** Of this machine, each with a server that answers whoever gets there. */
function hostTargets(): Target[] {
  const addresses = Object.values(networkInterfaces())
    .flat()
    .filter((found) => found?.family === "IPv4" && !found.internal)
    .map((found) => found?.address ?? "");
  return [...new Set(addresses)].map((address): Target => [address, hostPort]);
}
/** Of the engine's namespace, where a server listens too: the gateways of its bridges, and its end of the link. */
async function innerTargets(): Promise<Target[]> {
  const [program = "", ...enter] = insideOf(world.env["DOCKER_HOST"] ?? "");
  const { stdout } = await promisify(execFile)(program, [...enter, "ip", "-j", "-4", "address"]);
  const found = JSON.parse(stdout) as { ifname: string; addr_info: { local: string }[] }[];
  return found
    .filter(({ ifname }) => ifname !== "lo")
    .flatMap(({ addr_info: all }) => all.map(({ local }): Target => [local, innerPort]));
}
/** One address of each range that is closed to everybody, and mail servers. */
const CLOSED: readonly Target[] = [
  ["169.254.169.254", 80],
  ["169.254.170.2", 80],
  ["0.1.2.3", 80],
  ["10.0.0.1", 5000],
  ["10.255.255.53", 80],
  ["10.200.0.1", 2375],
  ["100.64.0.1", 80],
  ["100.100.100.200", 80],
  ["172.16.0.1", 5432],
  ["172.17.0.1", 2375],
  ["172.31.255.254", 6379],
  ["192.0.0.192", 80],
  ["192.168.0.1", 80],
  ["192.168.255.254", 443],
  ["198.18.0.1", 80],
  ["198.19.255.254", 80],
  ["240.0.0.1", 80],
  ["255.255.255.254", 80],
  [MIRROR, 25],
];
/** Of no route in the engine's own namespace. */
const byRoute = ([address]: Target) => /^(0|24\d|255)\./.test(address);

abuse("F1", "metadata addresses in every notation", async () => {
  const spellings = [
    "169.254.169.254",
    "0xA9FEA9FE",
    "2852039166",
    "0251.0376.0251.0376",
    "169.254.43518",
    "0xa9.0xfe.0xa9.0xfe",
    "::ffff:169.254.169.254",
    "fd00:ec2::254",
    "fe80::a9fe:a9fe",
  ];
  const found = await fromContainer(
    eves,
    spellings.map((address): Target => [address, 80]),
  );
  assert.deepEqual(
    found.filter((line) => !/refused|[Uu]nreachable|bad address|Cannot assign|Invalid argument/.test(line)),
    [],
  );
  return `${found.length} spellings, none reached it`;
});

abuse("F2", "the host, its servers, the engine's namespace and its gateways", async () => {
  const targets = [...hostTargets(), ...(await innerTargets())];
  assert.ok(hostTargets().length > 0 && targets.length > hostTargets().length);
  assertRejected(await fromContainer(eves, targets), targets);
  return `${targets.length} addresses of the machine with a server on each, all rejected`;
});

abuse("F3", "closed ranges from run, exec, a build's RUN and the engine itself", async () => {
  const targets = [...CLOSED, ...hostTargets()];
  assert.ok(targets.length >= 20);
  const script = probes(targets, FROM_CONTAINER);
  const [own, built] = await Promise.all([
    eve.containers.create({ image: "busybox", command: ["sh", "-c", script], autoRemove: false }, WAIT),
    eve.builds.createFromFiles({ dockerfile: `FROM busybox\nRUN ${script}\n` }, { ...WAIT, noCache: true }),
  ]);
  await eve.containers.wait(own.id);
  const said = (await Array.fromAsync(eve.containers.logs(own.id))).map(({ text }) => text).join("\n");
  assertRejected(linesOf(said), targets);
  assertRejected(await fromContainer(eves, targets), targets);
  assert.equal(built.state, "succeeded", JSON.stringify(built.failure));
  const log = await Array.fromAsync(eve.builds.logs(built.id));
  assertRejected(linesOf(log.flatMap((event) => ("text" in event ? [event.text] : [])).join("\n")), targets);
  const engines = targets.filter((target) => !byRoute(target));
  assertRejected(await fromEngine(engines), engines);
  return `${targets.length} destinations from run, exec and RUN, ${engines.length} from the engine: all rejected`;
});

abuse("G1", "ADD of an inner page by the engine itself: out of reach, and nothing of it in the error", async () => {
  const image = (await eve.images.get("busybox")).digest;
  const messages: string[] = [];
  for (const [address, port] of [...hostTargets().slice(0, 1), ["169.254.169.254", 80] as const]) {
    const Dockerfile = `FROM ${image}\nADD http://${address}:${port}/secret /x\n`;
    const events = await Array.fromAsync(
      world.engine.buildImage({
        context: (async function* () {
          yield await tarOf({ Dockerfile });
        })(),
        dockerfile: "Dockerfile",
        bases: [image],
        buildArgs: {},
        labels: {},
        noCache: true,
        network: "none",
        limits: { cpus: 1, memoryBytes: 64 * 1024 ** 2, pids: 64, diskBytes: 64 * 1024 ** 2, outputBytes: 1024 ** 2 },
        cgroupParent: `${world.env["HAFEN_CGROUP_ROOT"]}/add-${messages.length}`,
      }),
    );
    const last = events.at(-1);
    assert.ok(last?.type === "failed", JSON.stringify(last));
    messages.push(last.message);
  }
  for (const message of messages) assert.match(message, REJECTED);
  assert.ok(!messages.join().includes(CANARY));
  const refused = await eve.builds.createFromFiles(
    { dockerfile: "FROM busybox\nADD http://169.254.169.254/ /x\n" },
    WAIT,
  );
  assert.equal(refused.failure?.code, "remote_add_refused");
  return "refused by policy, and behind it the engine's own request was rejected";
});

abuse("G2", "FROM a registry inside: refused by name, and out of the engine's reach", async () => {
  const address = hostTargets()[0]?.[0];
  const build = await eve.builds.createFromFiles({ dockerfile: `FROM ${address}:${hostPort}/x\n` }, WAIT);
  assert.equal(build.state, "failed");
  assert.ok(!JSON.stringify(build.failure).includes(CANARY));
  const found = await world.engine.resolveImage(`${address}:${hostPort}/x:1`, undefined);
  assert.notEqual(found.type, "resolved");
  assert.ok(!JSON.stringify(found).includes(CANARY));
  return `the build failed with ${build.failure?.code}, the engine itself with ${found.type}`;
});

abuse("F4", "another user's container, by its address; its own neighbours reach it", async () => {
  const serve = "mkdir /www; echo page > /www/index.html; exec httpd -f -p 80 -h /www";
  const { id } = await bob.containers.create({ image: "busybox", command: ["sh", "-c", serve] }, WAIT);
  const neighbour = await bob.containers.create({ image: "busybox", command: SLEEP }, WAIT);
  const { stdout } = await bob.containers.exec(id, { command: ["ip", "-4", "-o", "address", "show", "eth0"] });
  const address = /inet ([\d.]+)/.exec(stdout)?.[1] ?? assert.fail(stdout);
  await eventually("the neighbour reaches it", async () => {
    const get = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 ${address} 80`;
    const answer = await bob.containers.exec(neighbour.id, { command: ["sh", "-c", get] });
    return answer.stdout.endsWith("page\n");
  });
  await eventually("the host reaches it", async () => (await fetch(`http://${address}/`)).status === 200);
  assertRejected(await fromContainer(eves, [[address, 80]]), [[address, 80]]);
  return "rejected, while its user's other container and the worker's host reached it";
});

abuse("F6", "mail, raw packets, and more connections than one may have", async () => {
  const { id } = await eve.containers.create({ image: "busybox", command: SLEEP }, WAIT);
  assertRejected(await fromContainer(id, [[MIRROR, 25]]), [[MIRROR, 25]]);
  const tried = CONNECTIONS + 15;
  const hold = `for i in $(seq ${tried}); do (sleep 4 | nc -w 3 ${MIRROR} 80 2>&1 && echo open) & done; wait`;
  const { stdout } = await eve.containers.exec(id, { command: ["sh", "-c", hold] });
  const open = stdout.split("\n").filter((line) => line === "open").length;
  assert.ok(open > 0 && open <= CONNECTIONS, stdout);
  const raw = await eve.containers.exec(id, { command: ["arping", "-c", "1", "-I", "eth0", "10.0.0.1"] });
  assert.notEqual(raw.exitCode, 0);
  return `port 25 rejected, ${open} of ${tried} connections at once, no raw socket`;
});

abuse("F7", "what is public is reached: from run, exec, RUN and the engine itself", async () => {
  const target = [[MIRROR, 80]] as const;
  const open = [`${MIRROR} 80 open`];
  assert.deepEqual(await fromContainer(eves, target), open);
  assert.deepEqual(await fromEngine(target), open);
  const dockerfile = `FROM busybox\nRUN nc -w 5 ${MIRROR} 80 </dev/null\n`;
  const built = await eve.builds.createFromFiles({ dockerfile }, { ...WAIT, noCache: true });
  assert.equal(built.state, "succeeded", JSON.stringify(built.failure));
  return "the mirror answered all four";
});
