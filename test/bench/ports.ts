import { Agent } from "node:http";
import { askPort } from "../api/ask-port.ts";
import { eventually, importNode, type World } from "../support/index.ts";
import { removed, WAIT, type ContainerBench } from "./containers.ts";
import { aim, lines, type Report } from "./report.ts";
import { interleave, timed } from "./samples.ts";

const SERVER = 'require("node:http").createServer((request, response) => response.end("hello")).listen(8080)';

/** A GET of a private port through the api and the worker, against one to the container's address itself. */
export async function ports({ world, user, rounds, signal }: ContainerBench & { world: World }): Promise<Report> {
  await importNode(world.admin);
  const { apiKey } = await user.keys.create({ name: "ports" });
  const body = { image: "node", command: ["/bin/node", "-e", SERVER], ports: [{ container: 8080 }] };
  const made = await user.containers.create(body, WAIT);
  const [found] = (await world.engine.inspectContainer(made.id))?.addresses ?? [];
  const direct = `http://${found?.address}:8080/`;
  const proxied = made.ports[0]?.url ?? "";
  const headers = { "x-hafen-key": apiKey };
  const get = async (url: string, agent?: Agent) => {
    const question = { headers, ...(agent ? { agent } : {}), ...(url === direct ? { host: found?.address } : {}) };
    const { status, text } = await askPort(url, question);
    if (status !== 200 || text !== "hello") throw new Error(`${url}: ${status} ${text}`);
  };
  await eventually("the server answers", () =>
    get(proxied).then(
      () => true,
      () => false,
    ),
  );
  const [near, far] = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })];
  const ways = [
    { name: "direct", run: () => timed(() => get(direct, near)) },
    { name: "Hafen", run: () => timed(() => get(proxied, far)) },
    { name: "direct, a connection each", run: () => timed(() => get(direct)) },
    { name: "Hafen, a connection each", run: () => timed(() => get(proxied)) },
  ];
  const taken = await interleave(ways, rounds, signal);
  near.destroy();
  far.destroy();
  await removed(user, made);
  const table = lines(
    "GET of a port",
    ways.map(({ name }) => name),
    taken,
  );
  return {
    lines: table,
    aims: [aim("GET of a port over a direct one, p50", table[1]?.differenceMs ?? Number.NaN, 5, "ms")],
  };
}
