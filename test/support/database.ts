import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { migrate, openDatabase } from "@hafen/db";
import { requireEnv } from "./environment.ts";

const MIGRATIONS = new URL("../../migrations/", import.meta.url);
/** Named after the migrations it has, so that one from before is never used. */
const TEMPLATE = `hafen_template_${digestOf(MIGRATIONS)}`;

function digestOf(folder: URL): string {
  const hash = createHash("sha256");
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .toSorted())
    hash.update(readFileSync(new URL(file, folder)));
  return hash.digest("hex").slice(0, 12);
}

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A database of its own, cloned from a migrated template: about 60 ms instead of a migration. */
export async function cloneDatabase(
  name: string,
  server: string = requireEnv("HAFEN_TEST_DATABASE_URL"),
): Promise<TestDatabase> {
  const { sql, close } = openDatabase(server, { connections: 1 });
  try {
    // One test process at a time makes the template or clones from it: Postgres refuses a template that is in use.
    await sql`select pg_advisory_lock(7070002)`;
    const [found] = await sql`select 1 from pg_database where datname = ${TEMPLATE}`;
    if (!found) {
      await sql.unsafe(`create database ${TEMPLATE}`);
      await migrate(databaseUrl(server, TEMPLATE));
    }
    await sql.unsafe(`create database ${name} template ${TEMPLATE}`);
  } finally {
    await close();
  }
  return {
    url: databaseUrl(server, name),
    async drop() {
      const admin = openDatabase(server, { connections: 1 });
      await admin.sql.unsafe(`drop database if exists ${name} with (force)`);
      await admin.close();
    },
  };
}

export function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
