import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { settled } from "@hafen/contract";
import { emptyImageTag, internalTag, LABELS } from "@hafen/core";
import type { BuildState, Desired, State, VolumeState } from "@hafen/contract/lifecycle";
import { engineRequest } from "@hafen/infra";
import { eventuallyHolds } from "./eventually.ts";
import type { World } from "./world.ts";

export interface Exceptions {
  /** Names of engine containers that a test put there to be left alone. */
  foreign?: string[];
  /** Of engine containers and volumes that a test put there to be kept though no row knows them. */
  unclaimed?: string[];
}

/** After a fault: within 30 s every row has come to rest and agrees with the engine, and the engine has nothing that no row claims. */
export async function assertConverges(world: World, exceptions: Exceptions = {}, withinMs = 30_000): Promise<void> {
  await eventuallyHolds(async () => assert.deepEqual(await differences(world, exceptions), []), withinMs);
}

/** What is wrong now between Postgres, the engine and the kernel, in words; empty when nothing is. */
export async function differences(world: World, exceptions: Exceptions = {}): Promise<string[]> {
  const hosts = await world.database.sql<{ id: string }[]>`select id from hosts`;
  const perHost = await Promise.all(
    hosts.map(({ id }) =>
      Promise.all([containers(world, id, exceptions), volumes(world, id, exceptions), images(world, id)]),
    ),
  );
  return [
    ...perHost.flat(2),
    ...(await builds(world)),
    ...(await buildCgroups(world)),
    ...(await buildContainers(world)),
  ];
}

async function containers(
  world: World,
  hostId: string,
  { foreign = [], unclaimed = [] }: Exceptions,
): Promise<string[]> {
  const rows = await world.database.sql<{ id: string; state: State; desired: Desired; startDue: boolean }[]>`
    select id, state, desired, start_due as "startDue" from containers where host_id = ${hostId} and state <> 'removed'`;
  const listed = (await world.engine.listContainers({ key: LABELS.host, value: hostId })).filter(
    ({ name }) => !foreign.includes(name) && !unclaimed.includes(name),
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const engine = new Map(listed.map((container) => [container.name, container]));
  return [
    ...rows
      .filter((row) => !settled(row))
      .map((row) => `${row.id} is ${row.state}, wants ${row.desired}${row.startDue ? ", start due" : ""}`),
    ...listed
      .filter(({ name, labels }) => labels[LABELS.id] !== name || !byId.has(name))
      .map(({ name }) => `the engine has ${name}, which no row claims`),
    ...rows.flatMap((row) => {
      const seen = engine.get(row.id)?.state;
      if (row.state === "failed" || row.state === "lost") return [];
      // One that waits for its restart has ended, to the engine.
      const expected = row.state === "restarting" ? "exited" : row.state;
      return seen === expected ? [] : [`${row.id} is ${row.state}, the engine says ${seen ?? "absent"}`];
    }),
  ];
}

async function volumes(world: World, hostId: string, { unclaimed = [] }: Exceptions): Promise<string[]> {
  const rows = await world.database.sql<
    { id: string; state: VolumeState }[]
  >`select id, state from volumes where host_id = ${hostId} and state <> 'removed'`;
  const there = new Set((await world.engine.listVolumes({ key: LABELS.host, value: hostId })).map(({ name }) => name));
  const known = new Set([...rows.map(({ id }) => id), ...unclaimed]);
  const going = await world.database.sql<{ id: string; containerId: string }[]>`
    select v.id, m.container_id as "containerId" from mounts m join volumes v on v.id = m.volume_id join containers c on c.id = m.container_id
     where v.host_id = ${hostId} and v.state in ('removing', 'removed') and c.state <> 'removed'`;
  return [
    ...going.map(({ id, containerId }) => `${id} was removed, and ${containerId} mounts it`),
    ...rows.filter(({ state }) => state === "removing").map(({ id }) => `${id} is still being removed`),
    ...rows.filter(({ state }) => state === "copying").map(({ id }) => `${id} is still being copied`),
    ...rows
      .filter(({ id, state }) => state === "ready" && !there.has(id))
      .map(({ id }) => `${id} is ready, and not in the engine`),
    ...[...there]
      .filter((name) => !known.has(name))
      .map((name) => `the engine has the volume ${name}, which no row claims`),
  ];
}

async function images(world: World, hostId: string): Promise<string[]> {
  const rows = await world.database.sql<
    { id: string; state: string }[]
  >`select id, state from images where host_id = ${hostId}`;
  const held = (await world.engine.listTags(internalTag(hostId, ""))).map(({ tag }) => tag);
  const empty = emptyImageTag(hostId);
  const wanted = rows.filter(({ state }) => state === "ready").map(({ id }) => internalTag(hostId, id));
  return [
    ...rows.filter(({ state }) => state === "removing").map(({ id }) => `${id} is still being removed`),
    ...wanted.filter((tag) => !held.includes(tag)).map((tag) => `the engine does not hold ${tag}`),
    ...held
      .filter((tag) => tag !== empty && !wanted.includes(tag))
      .map((tag) => `the engine holds ${tag}, which no row claims`),
  ];
}

async function builds(world: World): Promise<string[]> {
  const open = await world.database.sql<{ id: string; state: BuildState; attempt: number }[]>`
    select id, state, attempt from builds where state in ('queued', 'running')`;
  const steps = await world.database.sql<{ id: string }[]>`
    select build_id as id from build_steps join builds on builds.id = build_id where build_steps.state = 'running' and builds.finished_at is not null`;
  return [
    ...open.map(({ id, state, attempt }) => `${id} is ${state} at attempt ${attempt}`),
    ...steps.map(({ id }) => `${id} has ended with a step that runs`),
  ];
}

/** Version 1 has a tree for each controller, version 2 one for all. */
async function buildCgroups(world: World): Promise<string[]> {
  const root = world.env["HAFEN_CGROUP_ROOT"] ?? "";
  const trees = ["", ...(await readdir("/sys/fs/cgroup")).map((name) => `/${name}`)];
  const left = await Promise.all(
    trees.map((tree) => readdir(`/sys/fs/cgroup${tree}${root}`).catch((): string[] => [])),
  );
  return [...new Set(left.flat().filter((name) => name.startsWith("bld_")))].map(
    (name) => `the cgroup of ${name} is left`,
  );
}

/** The builder labels nothing: its containers are known by the cgroup they were made in. */
async function buildContainers(world: World): Promise<string[]> {
  const engine = world.env["DOCKER_HOST"] ?? "";
  const { body } = await engineRequest(engine, "GET", "/containers/json?all=1", { timeoutMs: 30_000 });
  const unlabelled = (JSON.parse(body) as { Id: string; Labels: Record<string, string> }[]).filter(
    ({ Labels }) => Labels[LABELS.host] === undefined,
  );
  const left = await Promise.all(
    unlabelled.map(async ({ Id }) => {
      const found = await engineRequest(engine, "GET", `/containers/${Id}/json`, { timeoutMs: 30_000 });
      const parent =
        found.status === 200
          ? (JSON.parse(found.body) as { HostConfig: { CgroupParent: string } }).HostConfig.CgroupParent
          : "";
      return parent.startsWith(`${world.env["HAFEN_CGROUP_ROOT"]}/`) ? [`a container of ${parent} is left`] : [];
    }),
  );
  return left.flat();
}
