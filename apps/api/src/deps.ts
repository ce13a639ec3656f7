import type { ServerResponse } from "node:http";
import type { Ctx, RegistryPolicy, UploadLimits } from "@hafen/core";
import type { Scope } from "@hafen/contract";
import type { Changes, Database, KeyRow, UserRow } from "@hafen/db";
import type { Log, Registry } from "@hafen/process";
import type { Queues } from "@hafen/queue";
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
  /** Protections that a host must have for the work of those who are no admins. */
  strangers: readonly string[];
  /** The addresses of ports end in it. */
  portsDomain: string;
  limits: UploadLimits;
  slots: Slots;
  log: Log;
  metrics: Registry;
}

export interface Variables {
  deps: Deps;
  requestId: string;
  /** Set once the key is verified; routes of scope `none` have neither. */
  ctx: Ctx;
  user: UserRow;
  key: KeyRow;
  scopes: Scope[];
}
export interface AppEnv {
  /** Of an upgrade, or of any other request. */
  Bindings: { upgrade?: Upgrade; outgoing?: ServerResponse };
  Variables: Variables;
}
