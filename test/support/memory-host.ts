import assert from "node:assert/strict";
import { newId } from "@hafen/contract";
import { Transfers, type Ctx, type HostCtx } from "@hafen/core";
import { listenForChanges, openDatabase, takeLease, upsertImage, type Database } from "@hafen/db";
import { openMemory, type MemoryEngine } from "@hafen/engine";
import type { Jobs } from "@hafen/queue";
import { cloneDatabase } from "./database.ts";

const NO_REGISTRIES = { allowed: new Set<string>() };

/** A host with the in-memory engine on a database of its own, and no processes: a test calls the verbs and the host's half itself. */
export interface MemoryHost extends AsyncDisposable {
  database: Database;
  engine: MemoryEngine;
  /** A user's, whose quota bounds nothing unless a test sets it. */
  ctx: Ctx;
  host: HostCtx;
  /** Digest of an image whose command sleeps. */
  image: string;
}

export async function startMemoryHost(name: string): Promise<MemoryHost> {
  const clone = await cloneDatabase(`${name}_${process.pid}`);
  const database = openDatabase(clone.url, { connections: 5 });
  const changes = await listenForChanges(database.sql);
  const engine = openMemory();
  const { db } = database;
  const jobs: Jobs = { enqueue: async () => true };
  const info = await engine.info();
  const made = { id: newId("host"), name: "h", leaseHolder: "x", streamUrl: "http://x", cpus: 4, memoryBytes: 2 ** 33 };
  const hostId =
    (await takeLease(db, { ...made, engine: { ...info, protections: { ...info.protections } } }, 3600)) ??
    assert.fail("no lease");
  const userId = newId("user");
  await database.sql`insert into users (id, name, role) values (${userId}, 'maker', 'admin')`;
  await database.sql`insert into quotas values (${userId}, 10000, 10000, 10000, 1000000000000, 1000, 1000, 1000, 1000000, 1000000000000, 1000000, 1000, 1000)`;
  const image = await engine.importImage(emptyTar(), { changes: ['CMD ["sleep"]'] });
  const { config } = (await engine.inspectImage(image)) ?? assert.fail("no image");
  await upsertImage(db, {
    id: newId("image"),
    userId,
    hostId,
    digest: image,
    sizeBytes: 0,
    architecture: "x",
    os: "x",
    config,
    diffIds: [],
    catalog: false,
  });
  return {
    database,
    engine,
    ctx: {
      db,
      jobs,
      changes,
      actor: { userId, scopes: ["write"] },
      registries: NO_REGISTRIES,
      secretKeys: undefined,
      portUrl: () => "",
    },
    host: {
      db,
      jobs,
      engine,
      hostId,
      cgroupRoot: "/none",
      filesBytes: 1,
      imageBytes: 1,
      cloneBytes: 1,
      registries: NO_REGISTRIES,
      transfers: new Transfers(),
      secretKeys: undefined,
    },
    image,
    async [Symbol.asyncDispose]() {
      await changes.close();
      await database.close();
      await clone.drop();
    },
  };
}

async function* emptyTar() {
  yield new Uint8Array(1024);
}
