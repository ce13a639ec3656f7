import { ProblemError, SECRETS_DIRECTORY, type ContainerSecret, type SecretRequest } from "@hafen/contract";
import { lockSecret, type ContainerSecretRow, type Db } from "@hafen/db";
import { cleanPath } from "../files/clean-path.ts";
import { getSecretRow } from "../secret/get.ts";

/** One file as it goes into a row. */
export type PlannedSecret = Pick<ContainerSecretRow, "secretId" | "target" | "uid" | "gid" | "mode">;

const OWNER = 0;
/** As in swarm: everybody in the container may read it, and nobody write. */
const MODE = 0o444;

/** Holds the secrets against removal, inside the transaction that makes the container, and works out where each one goes. */
export async function takeSecrets(
  tx: Db,
  userId: string,
  requests: SecretRequest[],
  mounts: { target: string }[],
): Promise<PlannedSecret[]> {
  const taken = new Set(mounts.map(({ target }) => target));
  const planned: PlannedSecret[] = [];
  for (const { name: ref, target: wanted, uid = OWNER, gid = OWNER, mode } of requests) {
    const { id, name } = await getSecretRow(tx, userId, ref);
    const target = cleanPath(wanted ?? `${SECRETS_DIRECTORY}/${name}`);
    if (taken.has(target))
      throw new ProblemError("mount_invalid", `Two things have the target ${target}; give each its own.`);
    taken.add(target);
    planned.push({ secretId: id, target, uid, gid, mode: mode === undefined ? MODE : Number.parseInt(mode, 8) });
  }
  // In one order, so that two requests do not wait for each other.
  for (const id of [...new Set(planned.map(({ secretId }) => secretId))].toSorted())
    if (!(await lockSecret(tx, id, "share")))
      throw new ProblemError("secret_not_found", "A secret was removed while the container was being made. Ask again.");
  return planned;
}

export function secretToWire({ secretId, name, target, uid, gid, mode, version }: ContainerSecretRow): ContainerSecret {
  return { id: secretId, name, target, uid, gid, mode: mode.toString(8).padStart(3, "0"), version };
}
