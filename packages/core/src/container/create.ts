import { DEFAULT_LIMITS, newId, ProblemError, type CreateContainer } from "@hafen/contract";
import { insertContainer, insertMounts, lockImage, placeVolumes, type ContainerRow, type Db } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { refuseOverCapacity } from "../host/capacity.ts";
import { findImage } from "../image/find.ts";
import { takeQuota } from "../quota.ts";
import { record } from "../record.ts";
import { planMounts, takeVolumes, volumesToMake } from "./mounts.ts";
import { madeUpName } from "./names.ts";
import { declaredPorts } from "./ports.ts";

/**
 * Makes a container's row, with its mounts and new volumes, in one transaction, and nudges the host that has the image.
 * Killed after the commit, before the nudge: the host's sweep finds the row.
 */
export async function createContainer(ctx: Ctx, input: CreateContainer): Promise<ContainerRow> {
  const { userId } = ctx.actor;
  const image = await findImage(ctx.db, userId, input.image);
  const limits = { ...DEFAULT_LIMITS, ...withoutUndefined(input.limits ?? {}) };
  const start = input.start ?? true;
  const [plan] = await Promise.all([
    planMounts(ctx.db, userId, input, image.config.volumes),
    refuseOverCapacity(ctx.db, image.hostId, limits),
  ]);

  const row = await ctx.db.transaction(async (tx) => {
    await takeQuota(tx, userId, {
      containers: 1,
      volumes: volumesToMake(plan),
      ...(start ? { running: 1, cpus: limits.cpus, memoryBytes: limits.memoryBytes } : {}),
    });
    if (!(await lockImage(tx, image.id, "share")))
      throw new ProblemError("image_not_found", `The image ${input.image} is being removed.`);
    const mounts = await takeVolumes(tx, userId, plan);
    const volumeIds = mounts.flatMap((mount) => (mount.volumeId ? [mount.volumeId] : []));
    if (!(await placeVolumes(tx, volumeIds, image.hostId))) {
      throw new ProblemError(
        "other_host",
        "A volume lives on another host than the image. Build or import the image there, or use another volume.",
      );
    }
    const id = newId("container");
    const container = await insertNamed(tx, input.name, (name) => ({
      id,
      userId,
      hostId: image.hostId,
      name,
      imageId: image.id,
      imageReference: input.image,
      imageDigest: image.digest,
      config: {
        command: input.command,
        entrypoint: input.entrypoint,
        env: input.env ?? {},
        workingDir: input.workingDir,
        user: input.user,
        hostname: input.hostname ?? id.slice(-12),
        tty: input.tty ?? false,
        openStdin: input.openStdin ?? false,
        stdinOnce: input.stdinOnce ?? false,
        profile: input.profile ?? "standard",
      },
      labels: input.labels ?? {},
      limits,
      ports: declaredPorts(input.ports ?? [], image.config.exposedPorts),
      desired: start ? ("running" as const) : ("created" as const),
      startDue: start,
    }));
    await insertMounts(
      tx,
      mounts.map((mount, position) => ({ ...mount, containerId: id, position, userId })),
    );
    await record(tx, ctx.actor, {
      type: "container.requested",
      action: "container.create",
      subject: id,
      data: { name: container.name, image: input.image },
      made: true,
    });
    return container;
  });
  await ctx.jobs.enqueue(row.hostId, "container.converge", { id: row.id, generation: row.generation });
  return row;
}

type NewContainer = Parameters<typeof insertContainer>[1];
async function insertNamed(
  tx: Db,
  name: string | undefined,
  values: (name: string) => NewContainer,
): Promise<ContainerRow> {
  if (name !== undefined) {
    const row = await insertContainer(tx, values(name));
    if (!row)
      throw new ProblemError(
        "name_taken",
        `You have a container named ${name}. Remove or rename it, or take another name.`,
      );
    return row;
  }
  for (let tries = 0; ; tries++) {
    const row = await insertContainer(tx, values(madeUpName(tries)));
    if (row) return row;
  }
}

function withoutUndefined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
