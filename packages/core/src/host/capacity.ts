import { ProblemError, type FieldError, type Limits } from "@hafen/contract";
import { findHost, type Db } from "@hafen/db";

/** A limit over what the whole host has would be no limit; the engine refuses it, too, but only once the container is made. */
export async function refuseOverCapacity(db: Db, hostId: string, limits: Limits): Promise<void> {
  const host = await findHost(db, hostId);
  if (!host) return;
  const errors: FieldError[] = [];
  if (limits.cpus > host.cpus) errors.push({ pointer: "/limits/cpus", detail: `the host has ${host.cpus}` });
  if (limits.memoryBytes > host.memoryBytes)
    errors.push({ pointer: "/limits/memoryBytes", detail: `the host has ${host.memoryBytes}` });
  if (errors.length === 0) return;
  const detail = errors.map((error) => `${error.pointer}: ${error.detail}`).join("; ");
  throw new ProblemError("invalid_request", `The limits are over what the image's host has. ${detail}.`, { errors });
}
