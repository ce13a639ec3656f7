import assert from "node:assert/strict";
import { after, before } from "node:test";
import { abuse, eventually, openNameServer, startWorld, type NameServer, type World } from "../support/index.ts";

const WAIT = { waitSeconds: 60 };
/** The package mirror, which is a public address here too. */
const MIRROR = "203.0.113.80";

let names: NameServer;
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  names = await openNameServer();
  world = await startWorld({ env: { HAFEN_RESOLVERS: names.resolvers } });
  user = await world.user("frank");
});
after(async () => {
  await world[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
});

type Egress = NonNullable<Parameters<typeof user.containers.create>[0]["egress"]>;
async function container(egress: Egress): Promise<string> {
  return (await user.containers.create({ image: "busybox", command: ["sleep", "1000"], egress }, WAIT)).id;
}
async function run(id: string, script: string): Promise<{ exitCode: number | null; stdout: string }> {
  const { exitCode, stdout } = await user.containers.exec(id, { command: ["sh", "-c", script] });
  return { exitCode, stdout };
}
/** The addresses that a name has for a container; the first that nslookup prints is the server's. */
async function addressesOf(id: string, name: string): Promise<string[]> {
  const { stdout } = await run(id, `nslookup -type=a ${name} 2>&1`);
  return [...stdout.matchAll(/^Address:\s+([\d.]+)$/gm)].map(([, address = ""]) => address);
}
async function reaches(id: string, address: string, port: number): Promise<boolean> {
  return (await run(id, `nc -w 2 ${address} ${port} </dev/null >/dev/null 2>&1`)).exitCode === 0;
}
async function flowsOf(id: string, verdict: "allowed" | "denied") {
  return Array.fromAsync(user.containers.allFlows(id, { verdict }));
}

abuse("F5", "a name that is public at first and private then", async () => {
  const id = await container({ policy: "allow-list", allow: ["rebind.test"] });
  assert.ok(!(await reaches(id, MIRROR, 80)));
  assert.deepEqual(await addressesOf(id, "rebind.test"), [MIRROR]);
  assert.ok(await reaches(id, MIRROR, 80));
  assert.deepEqual(await addressesOf(id, "rebind.test"), []);
  assert.ok(!(await reaches(id, "10.255.255.53", 80)));
  return "the private address was left out of the answer, and the firewall opens none";
});

abuse("F5", "a name and a CNAME that lead to internal addresses", async () => {
  const id = await container({ policy: "internet" });
  assert.deepEqual(await addressesOf(id, "mixed.test"), [MIRROR]);
  assert.deepEqual(await addressesOf(id, "alias.test"), []);
  return "of four addresses the public one was given, and behind the CNAME none";
});

abuse("F6", "a tunnel through DNS", async () => {
  const id = await container({ policy: "internet" });
  const begun = performance.now();
  // One stream with 800 queries for x.flood.test, each with its length before it, straight to a name server.
  const query = String.raw`\000\036\022\064\001\000\000\001\000\000\000\000\000\000\001x\005flood\004test\000\000\001\000\001`;
  const { stdout } = await run(
    id,
    `i=0; while [ $i -lt 800 ]; do printf '${query}'; i=$((i+1)); done > /tmp/queries; nc -w 20 10.255.255.53 53 < /tmp/queries | wc -c`,
  );
  const seconds = (performance.now() - begun) / 1000;
  const carried = names.asked().filter((name) => name === "x.flood.test").length;
  assert.ok(carried > 0 && carried <= 200 + 20 * seconds + 1, `${carried} of 800 in ${seconds} s, answers ${stdout}`);
  await eventually("what was over is recorded", async () =>
    (await flowsOf(id, "denied")).some(
      ({ protocol, name, sentPackets }) => protocol === "dns" && name === null && sentPackets >= 800 - carried - 1,
    ),
  );
  return `${carried} of 800 queries were asked on: 200 at once, then 20 a second`;
});

abuse("F7", "a host of the allow-list, and another one", async () => {
  const id = await container({ policy: "allow-list", allow: ["*.debian.org:80"] });
  // A static busybox cannot look names up in wget.
  const fetch = `a=$(nslookup -type=a deb.debian.org | sed -n 's/^Address: *//p' | tail -n 1);
    { printf 'GET /debian/dists/bookworm/Release HTTP/1.1\\r\\nHost: deb.debian.org\\r\\nConnection: close\\r\\n\\r\\n'; sleep 2; } |
      nc -w 10 $a 80 | grep Origin`;
  assert.equal((await run(id, fetch)).stdout.trim(), "Origin: Debian");
  assert.ok(!(await reaches(id, MIRROR, 443)));
  assert.deepEqual(await addressesOf(id, "example.org"), []);
  assert.ok(!names.asked().includes("example.org"));
  await eventually("its flows are recorded", async () => {
    const [allowed, denied] = [await flowsOf(id, "allowed"), await flowsOf(id, "denied")];
    const fetched = allowed.find(({ address, port }) => address === MIRROR && port === 80);
    return (
      fetched?.name === "deb.debian.org" &&
      fetched.receivedBytes > 1000 &&
      fetched.sentPackets > 2 &&
      denied.some(({ protocol, name }) => protocol === "dns" && name === "example.org") &&
      denied.some(({ address, port, name }) => address === MIRROR && port === 443 && name === "deb.debian.org") &&
      (await user.me()).egressBytes > 0
    );
  });
  return "the mirror answered on the port that is listed; the other port and the other name were refused, and both are in the record";
});

abuse("F7", "no network at all", async () => {
  const id = await container({ policy: "none" });
  assert.deepEqual(await addressesOf(id, "deb.debian.org"), []);
  assert.ok(!(await reaches(id, MIRROR, 80)));
  await eventually("it is recorded", async () => {
    const denied = await flowsOf(id, "denied");
    return denied.some(({ name }) => name === "deb.debian.org") && denied.some(({ address }) => address === MIRROR);
  });
  return "neither the name nor the address was to be had, and the record says so";
});
