import { DEFAULT_LIMITS, newId, ProblemError, type CreateContainer } from "@hafen/contract";
import {
  insertContainer,
  policyOf,
  insertContainerSecrets,
  insertMounts,
  lockImage,
  placeVolumes,
  type ContainerRow,
  type Db,
} from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { egressOf } from "../egress/allowed.ts";
import { refuseOverCapacity } from "../host/capacity.ts";
import { refuseUnprotected } from "../host/strangers.ts";
import { findImage } from "../image/find.ts";
import { promised, takeQuota } from "../quota.ts";
import { record } from "../record.ts";
import { healthcheckOf } from "./healthcheck.ts";
import { mergeLimits } from "./limits.ts";
import { namedVolumes, planMounts, takeVolumes, volumesToMake } from "./mounts.ts";
import { nameTaken } from "./update.ts";
import { madeUpName } from "./names.ts";
import { takeNetwork } from "./network.ts";
import { declaredPorts } from "./ports.ts";
import { allowedProfile } from "./profile.ts";
import { refuseOtherUser } from "./restricted-user.ts";
import { takeSecrets } from "./secrets.ts";

/**
 * Makes a container's row, with its mounts and new volumes, in one transaction, and nudges the host that has the image.
 * Killed after the commit, before the nudge: the host's sweep finds the row.
 */
export async function createContainer(ctx: Ctx, input: CreateContainer): Promise<ContainerRow> {
  const { userId } = ctx.actor;
  const image = await findImage(ctx.db, userId, input.image, "use");
  const limits = mergeLimits(DEFAULT_LIMITS, input.limits);
  const start = input.start ?? true;
  const [plan, , policy] = await Promise.all([
    planMounts(ctx.db, userId, input, image.config.volumes),
    refuseOverCapacity(ctx.db, image.hostId, limits),
    policyOf(ctx.db, userId),
    refuseUnprotected(ctx, image.hostId),
  ]);
  const profile = allowedProfile(policy, input.profile);
  const egress = egressOf(input.egress, ctx.egressPolicy ?? "internet", policy);
  refuseOtherUser(profile, input.user);

  const row = await ctx.db.transaction(async (tx) => {
    await takeQuota(tx, userId, {
      containers: 1,
      volumes: volumesToMake(plan),
      ...(start ? { running: 1, ...promised({ limits, pendingLimits: null }) } : {}),
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
    const secrets = await takeSecrets(tx, userId, input.secrets ?? [], mounts);
    const networkId = await takeNetwork(tx, userId, image.hostId);
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
        healthcheck: healthcheckOf(input.healthcheck, image.config.healthcheck),
        profile,
        egress,
        namedVolumes: namedVolumes(plan),
        ...(secrets.length > 0 && { hasSecrets: true }),
      },
      labels: input.labels ?? {},
      limits,
      networkId,
      restartPolicy: input.restart?.policy ?? "no",
      restartMaximum: input.restart?.maximumRetryCount || null,
      autoRemove: input.autoRemove ?? false,
      ttlSeconds: input.ttlSeconds ?? null,
      idleTimeoutSeconds: input.idleTimeoutSeconds ?? null,
      ports: declaredPorts(input.ports ?? [], image.config.exposedPorts),
      desired: start ? ("running" as const) : ("created" as const),
      startDue: start,
    }));
    await insertMounts(
      tx,
      mounts.map((mount, position) => ({ ...mount, containerId: id, position, userId })),
    );
    await insertContainerSecrets(
      tx,
      secrets.map((secret, position) => ({ ...secret, containerId: id, position, userId })),
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
    if (!row) throw nameTaken(name);
    return row;
  }
  for (let tries = 0; ; tries++) {
    const row = await insertContainer(tx, values(madeUpName(tries)));
    if (row) return row;
  }
}
