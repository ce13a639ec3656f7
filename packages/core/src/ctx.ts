import type { Egress, Scope } from "@hafen/contract";
import type { Changes, Db } from "@hafen/db";
import type { Engine } from "@hafen/engine";
import type { Jobs } from "@hafen/queue";
import type { EgressFilter } from "./egress/egress.ts";
import type { RegistryPolicy } from "./registry/policy.ts";
import type { SecretKeys } from "./sealed.ts";
import type { Transfers } from "./files/transfers.ts";

/** Who asks. Made by the api from a verified key, never from the request's body. */
export interface Actor {
  userId: string;
  /** Of the key: not all that its user may do. */
  scopes: readonly Scope[];
  keyId?: string | undefined;
  requestId?: string | undefined;
  /** Where the request came from. */
  address?: string | undefined;
  /** Set once claimed: what a verb makes is recorded under it in the same transaction. */
  idempotencyKey?: string | undefined;
  /** What asks in the user's name for many things at once; the audit log and the events say so. */
  via?: "prune" | "retention" | undefined;
}

/** What a verb needs that does not wait for its outcome. */
export interface AskCtx {
  db: Db;
  jobs: Jobs;
  actor: Actor;
}
/** What a verb of a request needs. */
export interface Ctx extends AskCtx {
  changes: Changes;
  registries: RegistryPolicy;
  /** Of a container whose request says nothing of it. */
  egressPolicy?: Egress["policy"];
  secretKeys: SecretKeys | undefined;
  /** Protections that a host must have for this user's work; undefined: none. */
  requires?: readonly string[] | undefined;
  /** Where a container's port is reached by whoever asks, without a slash at the end. */
  portUrl: (containerId: string, port: number) => string;
}

/** What the work of a host needs: only workers have an engine. */
export interface HostCtx {
  db: Db;
  jobs: Jobs;
  engine: Engine;
  /** Where the engine listens, `unix:///…` or `tcp://…`; undefined for one in memory. */
  engineAddress?: string | undefined;
  hostId: string;
  /** Given to every container on engines that do not have Hafen's profile as their own. */
  seccomp?: string | undefined;
  /** cgroup under which builds get one each, as `/hafen`. */
  cgroupRoot: string;
  /** Of one download or upload of files. */
  filesBytes: number;
  /** Largest image that is pulled, packed and unpacked. */
  imageBytes: number;
  registries: RegistryPolicy;
  /** Undefined where none is set: nothing that is sealed can be opened. */
  secretKeys: SecretKeys | undefined;
  /** Of a volume that is cloned. */
  cloneBytes: number;
  transfers: Transfers;
  /** Undefined where the host has none: then only containers that may reach the whole internet start there. */
  egress?: EgressFilter | undefined;
}
