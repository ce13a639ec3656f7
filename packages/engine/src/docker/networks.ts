import type { EngineId, Label, NetworkInfo, NetworkSpec, Op } from "../engine.ts";
import { EngineError } from "../error.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { checkedName, type Client } from "./client.ts";
import { absent, unlessStatus } from "./containers.ts";
import { causeStatus } from "./errors.ts";

/** An address range of its own, from the engine's pools; another network's containers are not reached from it. */
export async function createNetwork(client: Client, spec: NetworkSpec, op?: Op): Promise<void> {
  const options = {
    Name: checkedName(spec.name),
    Driver: "bridge",
    // Else two networks may carry one name, and a container's would be either.
    CheckDuplicate: true,
    Internal: false,
    EnableIPv6: false,
    Options: {},
    Labels: spec.labels,
  };
  try {
    await call(`create network ${spec.name}`, DEADLINES_MS.change, op, (abortSignal) =>
      client.docker.createNetwork({ ...options, abortSignal }),
    );
  } catch (error) {
    if (causeStatus(error) !== 409) throw error;
  }
}

export async function listNetworks(client: Client, label: Label, op?: Op): Promise<NetworkInfo[]> {
  const filters = JSON.stringify({ label: [`${label.key}=${label.value}`] });
  const rows = await call("list networks", DEADLINES_MS.ask, op, (abortSignal) =>
    client.docker.listNetworks({ filters, abortSignal }),
  );
  return rows.map((row) => ({ name: row.Name, labels: row.Labels ?? {} }));
}

/** By leaving it and coming back: the engine has no call for it. Killed in between, the next call finds it gone and goes on. */
export async function setAliases(
  client: Client,
  id: EngineId,
  network: string,
  aliases: string[],
  op?: Op,
): Promise<void> {
  const found = client.docker.getNetwork(checkedName(network));
  const endpoint = { Container: id, EndpointConfig: { Aliases: aliases } };
  const what = `name ${id} on ${network}`;
  await call(what, DEADLINES_MS.change, op, (abortSignal) =>
    found.disconnect({ Container: id, Force: true, abortSignal }).catch(unlessStatus(403, 404)),
  );
  await call(what, DEADLINES_MS.change, op, (abortSignal) => found.connect(Object.assign({ abortSignal }, endpoint)));
}

/** Answers 403 while a container is on it. */
export async function removeNetwork(client: Client, name: string, op?: Op): Promise<void> {
  try {
    await call(`remove network ${name}`, DEADLINES_MS.remove, op, (abortSignal) =>
      client.docker.getNetwork(checkedName(name)).remove({ abortSignal }).catch(absent),
    );
  } catch (error) {
    if (causeStatus(error) !== 403) throw error;
    throw new EngineError("conflict", `network ${name} is in use`, { cause: error });
  }
}
