import type { EndpointSpec, EngineId, Label, NetworkInfo, NetworkSpec, Op } from "../engine.ts";
import { EngineError } from "../error.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { checkedName, type Client, getJson } from "./client.ts";
import { absent, unlessStatus } from "./containers.ts";
import { causeStatus } from "./errors.ts";

/**
 * An address range of its own, from the engine's pools; another network's containers are not reached from it. dockerd makes two of
 * one name when it is asked twice at the same time, and then finds neither: one call at a time here, and whatever a caller that was
 * killed has left twice is one again after it.
 */
export function createNetwork(client: Client, spec: NetworkSpec, op?: Op): Promise<void> {
  const before = client.networks.get(spec.name) ?? Promise.resolve();
  const made = before.catch(() => {}).then(() => createOne(client, spec, op));
  client.networks.set(spec.name, made);
  const forget = () => client.networks.get(spec.name) === made && client.networks.delete(spec.name);
  made.then(forget, forget);
  return made;
}

async function createOne(client: Client, spec: NetworkSpec, op: Op | undefined): Promise<void> {
  if ((await named(client, spec.name, op)).length === 0) {
    const options = {
      Name: checkedName(spec.name),
      Driver: "bridge",
      CheckDuplicate: true,
      Internal: false,
      EnableIPv6: false,
      Options: {},
      Labels: spec.labels,
    };
    await call(`create network ${spec.name}`, DEADLINES_MS.change, op, (abortSignal) =>
      client.docker.createNetwork({ ...options, abortSignal }).catch(unlessStatus(409)),
    );
  }
  const [, ...doubles] = await named(client, spec.name, op);
  for (const { Id } of doubles) await removeById(client, Id, op);
}

interface RawNetwork {
  Id: string;
  Name: string;
  Created: string;
  Labels: Record<string, string> | null;
}

/** Oldest first. */
async function named(client: Client, name: string, op: Op | undefined): Promise<RawNetwork[]> {
  const found = await list(client, { name: [checkedName(name)] }, op);
  // The engine's filter takes what the name is a part of, too.
  return found
    .filter((network) => network.Name === name)
    .toSorted((a, b) => (a.Created + a.Id < b.Created + b.Id ? -1 : 1));
}

function list(client: Client, filters: Record<string, string[]>, op: Op | undefined): Promise<RawNetwork[]> {
  const query = { filters: JSON.stringify(filters) };
  return call("list networks", DEADLINES_MS.ask, op, (abortSignal) =>
    getJson<RawNetwork[]>(client, "/networks", query, abortSignal),
  );
}

export async function listNetworks(client: Client, label: Label, op?: Op): Promise<NetworkInfo[]> {
  const found = await list(client, { label: [`${label.key}=${label.value}`] }, op);
  return found.map((row) => ({ name: row.Name, labels: row.Labels ?? {} }));
}

/** By leaving it and coming back: the engine has no call for it. Killed in between, the next call finds it gone and goes on. */
export async function setEndpoint(
  client: Client,
  id: EngineId,
  network: string,
  { aliases, macAddress }: EndpointSpec,
  op?: Op,
): Promise<void> {
  const found = client.docker.getNetwork(checkedName(network));
  const mac = macAddress === undefined ? {} : { MacAddress: macAddress };
  const endpoint = { Container: id, EndpointConfig: { Aliases: aliases, ...mac } };
  const what = `name ${id} on ${network}`;
  await call(what, DEADLINES_MS.change, op, (abortSignal) =>
    found.disconnect({ Container: id, Force: true, abortSignal }).catch(unlessStatus(403, 404)),
  );
  await call(what, DEADLINES_MS.change, op, (abortSignal) => found.connect(Object.assign({ abortSignal }, endpoint)));
}

export async function removeNetwork(client: Client, name: string, op?: Op): Promise<void> {
  for (const { Id } of await named(client, name, op)) await removeById(client, Id, op);
}

/** Answers 403 while a container is on it. */
async function removeById(client: Client, id: string, op: Op | undefined): Promise<void> {
  try {
    await call(`remove network ${id}`, DEADLINES_MS.remove, op, (abortSignal) =>
      client.docker.getNetwork(id).remove({ abortSignal }).catch(absent),
    );
  } catch (error) {
    if (causeStatus(error) !== 403) throw error;
    throw new EngineError("conflict", `network ${id} is in use`, { cause: error });
  }
}
