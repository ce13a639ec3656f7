import type { Container, Mount } from "@hafen/contract";
import {
  hostNames,
  listContainers as listRows,
  mountsOf,
  secretsOf,
  type ContainerRow,
  type ContainerSecretRow,
  type MountRow,
} from "@hafen/db";
import type { State } from "@hafen/contract";
import type { Ctx } from "../ctx.ts";
import { lookUpImage } from "../image/find.ts";
import { ANYWHERE } from "../egress/allowed.ts";
import { secretToWire } from "./secrets.ts";
import { readPage, toPage } from "../page.ts";
import { findVolume } from "@hafen/db";

/** What a description needs beside the row. */
type Describing = Pick<Ctx, "db" | "portUrl">;

/** Rows as the contract shows them, with their mounts and hosts read in two queries for all of them. */
export async function describeContainers({ db, portUrl }: Describing, rows: ContainerRow[]): Promise<Container[]> {
  const ids = rows.map((row) => row.id);
  const withSecrets = rows.flatMap(({ id, config }) => (config.hasSecrets ? [id] : []));
  const [mounts, secrets, hosts] = await Promise.all([
    mountsOf(db, ids),
    secretsOf(db, withSecrets),
    hostNames(db, [...new Set(rows.map((row) => row.hostId))]),
  ]);
  const byContainer = Map.groupBy(mounts, (mount) => mount.containerId);
  const given = Map.groupBy(secrets, (secret) => secret.containerId);
  return rows.map((row) => ({
    ...toWire(row, byContainer.get(row.id) ?? [], given.get(row.id) ?? [], hosts.get(row.hostId) ?? null),
    ports: row.ports.map((port) => ({ ...port, url: portUrl(row.id, port.container) })),
  }));
}

export async function describeContainer(ctx: Describing, row: ContainerRow): Promise<Container> {
  const [container] = await describeContainers(ctx, [row]);
  if (!container) throw new Error("describeContainers dropped a row");
  return container;
}

export interface ContainerFilter {
  limit: number;
  cursor?: string | undefined;
  state?: State | undefined;
  label?: string | undefined;
  volume?: string | undefined;
  image?: string | undefined;
}
export async function listContainers(
  ctx: Describing,
  userId: string,
  filter: ContainerFilter,
): Promise<{ items: Container[]; nextCursor: string | null }> {
  const { db } = ctx;
  const volume = filter.volume === undefined ? undefined : await findVolume(db, userId, filter.volume);
  const image = filter.image === undefined ? undefined : await lookUpImage(db, userId, filter.image);
  if ((filter.volume !== undefined && !volume) || (filter.image !== undefined && !image))
    return { items: [], nextCursor: null };
  const page = readPage(filter);
  const rows = await listRows(db, {
    ...page,
    userId,
    state: filter.state,
    label: filter.label,
    volumeId: volume?.id,
    imageId: image?.id,
  });
  const { rows: kept, nextCursor } = toPage(rows, filter.limit);
  return { items: await describeContainers(ctx, kept), nextCursor };
}

function toWire(
  row: ContainerRow,
  mounts: MountRow[],
  secrets: ContainerSecretRow[],
  host: string | null,
): Omit<Container, "ports"> {
  const { config } = row;
  return {
    id: row.id,
    name: row.name,
    image: { id: row.imageId, reference: row.imageReference, digest: row.imageDigest },
    state: row.state,
    desired: row.desired,
    exitCode: row.exitCode,
    termination: row.termination,
    failure: row.failure,
    command: config.command ?? null,
    entrypoint: config.entrypoint ?? null,
    env: config.env,
    workingDir: config.workingDir ?? null,
    user: config.user ?? null,
    hostname: config.hostname,
    tty: config.tty,
    openStdin: config.openStdin,
    stdinOnce: config.stdinOnce ?? false,
    labels: row.labels,
    mounts: mounts.map(mountToWire),
    secrets: secrets.map(secretToWire),
    limits: row.limits,
    pendingLimits: row.pendingLimits,
    limitsRefused: row.limitsRefused,
    restart: { policy: row.restartPolicy, maximumRetryCount: row.restartMaximum },
    restartCount: row.restartCount,
    restartAt: row.restartAt?.toISOString() ?? null,
    autoRemove: row.autoRemove,
    ttlSeconds: row.ttlSeconds,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    idleTimeoutSeconds: row.idleTimeoutSeconds,
    healthcheck: config.healthcheck ?? null,
    health: row.health,
    profile: config.profile,
    egress: config.egress ?? ANYWHERE,
    host,
    timings: row.timings,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
    size: null,
  };
}

function mountToWire(mount: MountRow): Mount {
  const { volume } = mount;
  return {
    type: volume?.hostPath == null ? mount.type : "host",
    volume: volume && { id: volume.id, name: volume.name, anonymous: volume.anonymous },
    source: volume?.hostPath ?? null,
    target: mount.target,
    readOnly: mount.readOnly,
    sizeBytes: mount.sizeBytes,
  };
}
