import type { VolumeInspectInfo } from "dockerode";
import type { Label, Op, VolumeInfo, VolumeSpec } from "../engine.ts";
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

function toVolumeInfo(found: VolumeInspectInfo): VolumeInfo {
  const { CreatedAt } = found as VolumeInspectInfo & { CreatedAt?: string };
  return { name: found.Name, labels: found.Labels ?? {}, createdAt: CreatedAt ?? "" };
}
