import type { ContainerInspectInfo } from "dockerode";
import type {
  ContainerInfo,
  ContainerSpec,
  ContainerSummary,
  EngineId,
  EngineState,
  HealthInfo,
  Label,
  Op,
} from "../engine.ts";
import { EngineError } from "../error.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { checkedName, type Client } from "./client.ts";
import { causeStatus, httpStatus, STARTING } from "./errors.ts";
import { toCreateOptions } from "./host-config.ts";

export async function createContainer(client: Client, spec: ContainerSpec, op?: Op): Promise<EngineId> {
  const options = toCreateOptions(spec, client.secretsDirectory);
  try {
    const create = (abortSignal: AbortSignal) => client.docker.createContainer({ ...options, abortSignal });
    const made = await call(`create ${spec.name}`, DEADLINES_MS.change, op, create, STARTING);
    return made.id;
  } catch (error) {
    if (causeStatus(error) !== 409) throw error;
    const existing = await inspectContainer(client, spec.name, op);
    if (!existing) throw error;
    return existing.id;
  }
}

export async function inspectContainer(client: Client, id: EngineId, op?: Op): Promise<ContainerInfo | undefined> {
  const found = await inspectRaw(client, id, op);
  return found && toContainerInfo(found);
}

export function inspectRaw(client: Client, id: EngineId, op?: Op): Promise<ContainerInspectInfo | undefined> {
  return call(`inspect ${id}`, DEADLINES_MS.ask, op, (abortSignal) =>
    client.docker.getContainer(checkedName(id)).inspect({ abortSignal }).catch(absent),
  );
}

export async function listContainers(client: Client, label: Label, op?: Op): Promise<ContainerSummary[]> {
  const filters = JSON.stringify({ label: [`${label.key}=${label.value}`] });
  const rows = await call("list containers", DEADLINES_MS.ask, op, (abortSignal) =>
    client.docker.listContainers({ all: true, filters, abortSignal }),
  );
  return rows.map((row) => ({
    id: row.Id,
    name: withoutSlash(row.Names[0] ?? ""),
    labels: row.Labels,
    state: row.State as EngineState,
    health: summedUp(row.Status),
  }));
}

export async function startContainer(client: Client, id: EngineId, op?: Op): Promise<void> {
  const container = client.docker.getContainer(checkedName(id));
  const start = (abortSignal: AbortSignal) => container.start({ abortSignal }).catch(unlessStatus(304));
  await call(`start ${id}`, DEADLINES_MS.change, op, start, STARTING);
}

export async function signalContainer(client: Client, id: EngineId, signal: string, op?: Op): Promise<void> {
  await call(`signal ${id}`, DEADLINES_MS.change, op, (abortSignal) =>
    client.docker.getContainer(checkedName(id)).kill({ signal, abortSignal }),
  );
}

/** `undefined` for what is not there; every other failure stays one. */
export function absent(cause: unknown): undefined {
  if (httpStatus(cause) !== 404) throw cause;
}

export function unlessStatus(...statuses: number[]): (cause: unknown) => void {
  return (cause) => {
    if (!statuses.includes(httpStatus(cause) ?? 0)) throw cause;
  };
}

function toContainerInfo(found: ContainerInspectInfo): ContainerInfo {
  const { State: state } = found;
  const startedAt = time(state.StartedAt);
  const finishedAt = time(state.FinishedAt);
  return {
    id: found.Id,
    name: withoutSlash(found.Name),
    labels: found.Config.Labels ?? {},
    imageId: found.Image,
    state: state.Status as EngineState,
    exitCode: endedOnce(state) ? state.ExitCode : undefined,
    oomKilled: state.OOMKilled,
    error: state.Error === "" ? undefined : state.Error,
    pid: state.Pid,
    startedAt,
    finishedAt,
    createdAt: found.Created,
    mounts: found.Mounts.map((mount) => ({ volume: mount.Name, target: mount.Destination, readOnly: !mount.RW })),
    networks: Object.fromEntries(
      Object.entries(found.NetworkSettings.Networks ?? {}).map(([name, { Aliases }]) => [
        name,
        // The engine adds the container's own short id.
        { aliases: (Aliases ?? []).filter((alias: string) => !found.Id.startsWith(alias)) },
      ]),
    ),
    addresses: Object.entries(found.NetworkSettings.Networks).flatMap(([network, { IPAddress: address }]) =>
      address ? [{ network, address }] : [],
    ),
    health: state.Running ? toHealth(state.Health) : undefined,
  };
}

/** A listing tells it in words only: `Up 2 hours (healthy)`, `Up 2 seconds (health: starting)`. */
function summedUp(status: string): HealthInfo["status"] | undefined {
  const [, word] = /\((?:health: )?(starting|healthy|unhealthy)\)$/.exec(status) ?? [];
  return word as HealthInfo["status"] | undefined;
}

interface RawHealth {
  Status: string;
  FailingStreak: number;
  Log: { End: string; ExitCode: number; Output: string }[] | null;
}

function toHealth(raw: RawHealth | undefined): HealthInfo | undefined {
  if (!raw || raw.Status === "none" || raw.Status === "") return undefined;
  const last = raw.Log?.at(-1);
  return {
    status: raw.Status as HealthInfo["status"],
    failingStreak: raw.FailingStreak,
    last: last && { exitCode: last.ExitCode, output: last.Output, at: last.End },
  };
}

/** A failed start leaves `created` with an exit code of the engine's own making: no process has ended. */
function endedOnce(state: ContainerInspectInfo["State"]): boolean {
  return !state.Running && time(state.FinishedAt) !== undefined;
}

function time(value: string): string | undefined {
  return value.startsWith("0001-") ? undefined : value;
}

function withoutSlash(name: string): string {
  return name.replace(/^\//, "");
}

export async function requireContainer(client: Client, id: EngineId, op?: Op): Promise<ContainerInspectInfo> {
  const found = await inspectRaw(client, id, op);
  if (!found) throw new EngineError("not_found", `no container ${id}`);
  return found;
}
