import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  BASE_SOURCES,
  BUILD_ENDS,
  BUILD_KINDS,
  BUILD_STATES,
  CAUSES,
  DESIRED,
  IMAGE_STATES,
  ROLES,
  SCOPES,
  STATES,
  STEP_STATES,
  VOLUME_STATES,
} from "@hafen/contract";
import { openDatabase, type Database } from "@hafen/db";
import { cloneDatabase, type TestDatabase } from "../support/index.ts";

let clone: TestDatabase;
let database: Database;
before(async () => {
  clone = await cloneDatabase(`schema_${process.pid}`);
  database = openDatabase(clone.url, { connections: 1 });
});
after(async () => {
  await database.close();
  await clone.drop();
});

/** Each constraint and the table of the contract that it repeats. */
const CHECKS: Record<string, readonly string[]> = {
  containers_state: STATES,
  containers_desired: DESIRED,
  containers_cause: CAUSES,
  builds_state: BUILD_STATES,
  builds_kind: BUILD_KINDS,
  build_steps_state: STEP_STATES,
  volumes_state: VOLUME_STATES,
  build_bases_source: BASE_SOURCES,
  images_state: IMAGE_STATES,
  users_role: ROLES,
  api_keys_scopes: SCOPES,
};

for (const [name, values] of Object.entries(CHECKS)) {
  test(`the database's ${name} lists exactly what the contract lists`, async () => {
    const [row] = await database.sql<
      { definition: string }[]
    >`select pg_get_constraintdef(oid) as definition from pg_constraint where conname = ${name}`;
    const listed = [...(row?.definition ?? "").matchAll(/'([a-z_]+)'::text/g)]
      .map(([, value = ""]) => value)
      .filter((value) => value !== "cause");
    assert.deepEqual(listed.toSorted(), [...values].toSorted());
  });
}

test("an ended build is one whose state is an end, in the database too", async () => {
  const [row] = await database.sql<
    { definition: string }[]
  >`select pg_get_constraintdef(oid) as definition from pg_constraint where conname = 'builds_ended'`;
  const listed = [...(row?.definition ?? "").matchAll(/'([a-z_]+)'::text/g)].map(([, value = ""]) => value);
  assert.deepEqual(listed.toSorted(), [...BUILD_ENDS].toSorted());
});

test("the database refuses to mount another user's volume, whatever the code does", async () => {
  const { sql } = database;
  for (const user of ["usr_a", "usr_b"])
    await sql`insert into users (id, name, role) values (${user}, ${user}, 'user')`;
  await sql`insert into hosts (id, name, lease_holder, lease_expires_at, stream_url, cpus, memory_bytes, engine) values ('hst_1', 'h', 'x', now(), 'x', 1, 1, '{}')`;
  await sql`insert into volumes (id, user_id, name, anonymous, labels) values ('vol_b', 'usr_b', 'v', false, '{}')`;
  await sql`insert into containers (id, user_id, host_id, name, image_reference, image_digest, config, labels, limits, desired, start_due)
            values ('ctr_a', 'usr_a', 'hst_1', 'c', 'i', 'sha256:0', '{}', '{}', '{}', 'running', true)`;
  for (const user of ["usr_a", "usr_b"]) {
    const mount = sql`insert into mounts (container_id, position, user_id, type, volume_id, volume_owner_id, target, read_only) values ('ctr_a', 0, ${user}, 'volume', 'vol_b', ${user}, '/v', false)`;
    await assert.rejects(mount, /foreign key/);
  }
});
