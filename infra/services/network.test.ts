import assert from "node:assert/strict";
import { createReadStream, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { run, succeeds } from "./command.ts";
import { engineRequest } from "./engine-request.ts";
import { openEngine } from "./engine.ts";
import { openPlaces, type Places } from "./places.ts";
import { pidFrom } from "./processes.ts";
import { until } from "./until.ts";

/** A network beside this host, which may send to it, and which it forwards for: as its own network, or another engine's. */
const NEIGHBOUR = { host: "198.51.100.1", own: "198.51.100.2", block: "198.51.100.0/30" };
const MASQUERADE = ["POSTROUTING", "-s", NEIGHBOUR.block, "-j", "MASQUERADE"];
const LONG_MS = 30_000;

describe("the ways into the engine's network", () => {
  let home: string;
  let places: Places;
  let engine: Awaited<ReturnType<typeof openEngine>>;
  let address: string;
  let neighbour: string;
  before(async () => {
    home = await mkdtemp(join(tmpdir(), "hafen-network-"));
    places = await openPlaces(home, {});
    engine = await openEngine(places, process.env);
    address = await startServer();
    const name = (neighbour = `beside-${places.id}`);
    await run("ip", ["netns", "add", name]);
    await run("ip", ["link", "add", name, "type", "veth", "peer", "name", "uplink", "netns", name]);
    await run("ip", ["address", "add", `${NEIGHBOUR.host}/30`, "dev", name]);
    await run("ip", ["link", "set", name, "up"]);
    await run("ip", ["-n", name, "address", "add", `${NEIGHBOUR.own}/30`, "dev", "uplink"]);
    await run("ip", ["-n", name, "link", "set", "uplink", "up"]);
    await run("ip", ["-n", name, "route", "add", "default", "via", NEIGHBOUR.host]);
  });
  after(async () => {
    await succeeds("iptables", ["-w", "-t", "nat", "-D", ...MASQUERADE]);
    await succeeds("ip", ["link", "delete", neighbour]);
    await succeeds("ip", ["netns", "delete", neighbour]);
    await engineRequest(engine.engine, "DELETE", "/containers/server?force=1", { timeoutMs: LONG_MS });
    await engine.close();
    await rm(places.run, { recursive: true, force: true });
    await rm(home, { recursive: true, force: true });
  });

  async function startServer(): Promise<string> {
    const tar = createReadStream(process.env.HAFEN_TEST_BUSYBOX_TAR as string);
    const ask = (method: string, path: string, more = {}) =>
      engineRequest(engine.engine, method, path, { timeoutMs: LONG_MS, ...more });
    await ask("POST", "/images/create?fromSrc=-&repo=busybox&tag=test", { tar });
    const json = { Image: "busybox:test", Cmd: ["nc", "-ll", "-p", "80", "-e", "echo", "hello"] };
    await ask("POST", "/containers/create?name=server", { json });
    await ask("POST", "/containers/server/start");
    const { body } = await ask("GET", "/containers/server/json");
    return (JSON.parse(body) as { NetworkSettings: { IPAddress: string } }).NetworkSettings.IPAddress;
  }
  const fromHere = () => text(connect(80, address)).catch((error: Error) => error.message);
  /** Whether a connection from the neighbour comes about; packets that are dropped show only in that nothing comes. */
  const fromNeighbour = (host: string, port = 80) => {
    const program = `require("node:net").connect(${port}, "${host}").on("connect", () => process.exit(0)).on("error", () => process.exit(1));
      setTimeout(() => process.exit(2), 1500)`;
    return succeeds("nsenter", [`--net=/run/netns/${neighbour}`, "--", process.execPath, "-e", program]);
  };

  test("this host reaches a container, also after dockerd was killed and started again", async () => {
    assert.ok(await until(async () => (await fromHere()) === "hello\n", 5_000));
    const dockerd = await pidFrom(join(places.run, "docker.pid"), join(places.run, "docker.json"));
    process.kill(dockerd as number, "SIGKILL");
    engine = await openEngine(places, process.env);
    assert.equal(await fromHere(), "hello\n");
  });

  test("whoever this host forwards for does not, neither as himself nor masqueraded as this host", async () => {
    assert.equal(await fromNeighbour(address), false);
    await run("iptables", ["-w", "-t", "nat", "-I", ...MASQUERADE]);
    assert.equal(await fromNeighbour(address), false);
    // And it is not that nothing gets through at all.
    const link = `hafen-${places.id}`;
    const drop = ["FORWARD", "-o", link, "-m", "conntrack", "--ctstate", "NEW,INVALID", "-j", "DROP"];
    await run("iptables", ["-w", "-t", "mangle", "-D", ...drop]);
    try {
      assert.equal(
        await fromNeighbour(address),
        true,
        "without the rule the masqueraded neighbour is taken for this host",
      );
    } finally {
      await run("iptables", ["-w", "-t", "mangle", "-I", ...drop]);
    }
    assert.equal(await fromNeighbour(address), false);
  });

  test("closing with no container left takes the route and the rules away", async () => {
    await engineRequest(engine.engine, "DELETE", "/containers/server?force=1", { timeoutMs: LONG_MS });
    await engine.close();
    const link = `hafen-${places.id}`;
    const routes = await run("ip", ["-4", "route", "show", "table", "all"]);
    const rules = await Promise.all(
      ["filter", "nat", "mangle"].map((table) => run("iptables", ["-w", "-t", table, "-S"])),
    );
    for (const left of [routes, ...rules]) assert.ok(!left.includes(link), left);
    assert.ok(!existsSync(`/sys/class/net/${link}`));
    engine = await openEngine(places, process.env);
  });
});
