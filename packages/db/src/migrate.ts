import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as run } from "drizzle-orm/postgres-js/migrator";
import { guardAuditLog } from "./audit-guard.ts";
import { connect } from "./client.ts";

const FOLDER = fileURLToPath(new URL("../../../migrations", import.meta.url));
/** Any constant; it names the migration lock among advisory locks. */
const LOCK = 7_070_001;

/**
 * Brings the database to the newest migration. Processes that start together wait for each other on an advisory lock,
 * since drizzle's own migrator races. Throws when the journal and the database disagree on how many were applied.
 */
export async function migrate(url: string): Promise<void> {
  const sql = connect(url, 1, { application_name: "hafen-migrate" });
  try {
    await sql`select pg_advisory_lock(${LOCK})`;
    await run(drizzle(sql), { migrationsFolder: FOLDER });
    const [row] = await sql<{ count: number }[]>`select count(*)::int as count from drizzle.__drizzle_migrations`;
    const journal = JSON.parse(readFileSync(`${FOLDER}/meta/_journal.json`, "utf8")) as { entries: unknown[] };
    if (row?.count !== journal.entries.length) {
      throw new Error(
        `The database has ${row?.count} migrations, this version of Hafen knows ${journal.entries.length}.`,
      );
    }
    await guardAuditLog(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
