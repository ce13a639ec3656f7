import { opendir } from "node:fs/promises";
import type { VolumeInspectInfo } from "dockerode";
import type { Label, Op, VolumeInfo, VolumeSpec } from "../engine.ts";
import { EngineError } from "../error.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { checkedName, type Client } from "./client.ts";
import { absent } from "./containers.ts";

/** The local driver without options: an option such as `o=bind` would mount a path of the host. */
export async function createVolume(client: Client, spec: VolumeSpec, op?: Op): Promise<void> {
  const options = { Name: checkedName(spec.name), Driver: "local", DriverOpts: {}, Labels: spec.labels };
  await call(`create volume ${spec.name}`, DEADLINES_MS.change, op, (abortSignal) =>
    client.docker.createVolume({ ...options, abortSignal }),
  );
}

export async function inspectVolume(client: Client, name: string, op?: Op): Promise<VolumeInfo | undefined> {
  const found = await call(`inspect volume ${name}`, DEADLINES_MS.ask, op, (abortSignal) =>
    client.docker.getVolume(checkedName(name)).inspect({ abortSignal }).catch(absent),
  );
  return found && toVolumeInfo(found);
}

export async function listVolumes(client: Client, label: Label, op?: Op): Promise<VolumeInfo[]> {
  const filters = JSON.stringify({ label: [`${label.key}=${label.value}`] });
  const { Volumes } = await call("list volumes", DEADLINES_MS.ask, op, (abortSignal) =>
    client.docker.listVolumes({ filters, abortSignal }),
  );
  return (Volumes ?? []).map(toVolumeInfo);
}

export async function removeVolume(client: Client, name: string, op?: Op): Promise<void> {
  await call(`remove volume ${name}`, DEADLINES_MS.remove, op, (abortSignal) =>
    client.docker.getVolume(checkedName(name)).remove({ abortSignal }).catch(absent),
  );
}

/** The engine counts bytes, which an empty file has none of: so we look into the directory, which is on this machine. */
export async function isVolumeEmpty(client: Client, name: string, op?: Op): Promise<boolean> {
  const found = await call(`inspect volume ${name}`, DEADLINES_MS.ask, op, (abortSignal) =>
    client.docker.getVolume(checkedName(name)).inspect({ abortSignal }).catch(absent),
  );
  if (!found) return true;
  try {
    for await (const _ of await opendir(found.Mountpoint)) return false;
    return true;
  } catch (cause) {
    throw new EngineError("unavailable", `cannot look into volume ${name}`, { cause });
  }
}

function toVolumeInfo(found: VolumeInspectInfo): VolumeInfo {
  const { CreatedAt } = found as VolumeInspectInfo & { CreatedAt?: string };
  return { name: found.Name, labels: found.Labels ?? {}, createdAt: CreatedAt ?? "" };
}
