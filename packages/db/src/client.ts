import { drizzle } from "drizzle-orm/postgres-js";
import type { PgDatabase } from "drizzle-orm/pg-core";
import type { PostgresJsQueryResultHKT } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import * as schema from "./schema/index.ts";

/** The pool or a transaction: what every query takes. */
export type Db = PgDatabase<PostgresJsQueryResultHKT, typeof schema>;
export type Sql = postgres.Sql;

export interface Database {
  db: Db;
  sql: Sql;
  close(): Promise<void>;
}

/**
 * Opens a pool. `url` is a libpq URL; a unix socket is `postgres://user@localhost/name?host=%2Fdir`.
 * Statements are ended by the server after 30 s and a connect is given up after 5 s, so that a frozen server is an error, not a hang.
 */
export function openDatabase(url: string, options: { connections?: number } = {}): Database {
  const sql = connect(url, options.connections ?? 10, { statement_timeout: 30_000, application_name: "hafen" });
  return { db: drizzle(sql, { schema }), sql, close: () => sql.end({ timeout: 5 }) };
}

/** postgres.js would send the URL's `host` parameter to the server as a setting, so it is taken out of the URL. */
export function connect(url: string, max: number, connection: Record<string, string | number>): Sql {
  const address = new URL(url);
  const socketDir = address.searchParams.get("host");
  address.searchParams.delete("host");
  return postgres(address.href, {
    max,
    ...(socketDir === null ? {} : { host: socketDir }),
    connect_timeout: 5,
    idle_timeout: 60,
    onnotice: () => {},
    connection,
  });
}
