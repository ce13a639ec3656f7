import type { IncomingMessage, ServerResponse } from "node:http";
import type { RateLimits } from "./rate-limits/rate-limits.ts";
import type { Egress, ProblemError, Scope } from "@hafen/contract";
import type { Ctx, RegistryPolicy, SecretKeys, UploadLimits } from "@hafen/core";
import type { Changes, Database, KeyRow, UserRow } from "@hafen/db";
import type { Log, Registry } from "@hafen/process";
import type { Queues } from "@hafen/queue";
import type { Auditor } from "./auditor.ts";
import type { TrustedProxies } from "./client-address.ts";
import type { Slots } from "./slots.ts";
import type { Upgrade } from "./upgrades.ts";

/** What the process opened; routes get it through `c.var`. */
export interface Deps {
  database: Database;
  changes: Changes;
  queues: Queues;
  /** Resolves when the queue's store answers. */
  pingQueue: () => Promise<void>;
  streamSecret: string;
  registries: RegistryPolicy;
  /** Of containers whose request says nothing of it. */
  egressPolicy: Egress["policy"];
  secretKeys: SecretKeys | undefined;
  /** Protections that a host must have for the work of those who are no admins. */
  strangers: readonly string[];
  /** The addresses of ports end in it. */
  portsDomain: string;
  limits: UploadLimits;
  slots: Slots;
  rateLimits: RateLimits;
  /** Whose pages may read answers. */
  origins: ReadonlySet<string>;
  auditor: Auditor;
  trustedProxies: TrustedProxies;
  log: Log;
  metrics: Registry;
}

export interface Variables {
  deps: Deps;
  requestId: string;
  /** Where the request came from. */
  address: string | undefined;
  /** The route's operationId; absent where there is no route. */
  operation?: string;
  /** What it was refused with. */
  problem?: ProblemError;
  /** Set once the key is verified; routes of scope `none` have neither. */
  ctx: Ctx;
  user: UserRow;
  key: KeyRow;
  scopes: Scope[];
  /** How many streams the user may have open at once. */
  streams: number;
}
export interface AppEnv {
  /** `outgoing` of any request that is no upgrade. */
  Bindings: { incoming?: IncomingMessage; upgrade?: Upgrade; outgoing?: ServerResponse };
  Variables: Variables;
}
