import { setTimeout as delay } from "node:timers/promises";
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
  const sql = postgres(address.href, {
    max,
    ...(socketDir === null ? {} : { host: socketDir }),
    connect_timeout: 5,
    idle_timeout: 60,
    // In seconds. The default grows to 20 s with each connection that breaks, so that one restart of Postgres would be felt long after.
    backoff: (retries: number) => Math.min(1, retries / 10),
    // postgres.js asks for array types by a query nobody awaits: cut off then, it would end the process. Drizzle needs no answer.
    fetch_types: false,
    onnotice: () => {},
    connection,
  });
  return Object.assign(sql, { begin: leavingLostConnections(sql.begin) });
}

/** By then the connection is seen to be closed, if it was the connection that failed. */
const CLOSES_WITHIN_MS = 1_000;

/**
 * After a failure inside a transaction postgres.js sends ROLLBACK, also when its connection is gone, and then dies of an exception
 * that nobody can catch. On a lost connection there is nothing to roll back: `begin` rejects by itself, and the body is left unsettled.
 */
function leavingLostConnections(begin: Sql["begin"]): Sql["begin"] {
  type Body = (tx: postgres.TransactionSql) => unknown;
  const guarded = async (run: (guard: (body: Body) => Body) => Promise<unknown>) => {
    let rejected = false;
    const guard = (body: Body) => async (tx: postgres.TransactionSql) => {
      try {
        return await body(tx);
      } catch (error) {
        if (isConnectionLost(error)) await delay(CLOSES_WITHIN_MS);
        if (rejected) return new Promise<never>(() => {});
        throw error;
      }
    };
    try {
      return await run(guard);
    } finally {
      rejected = true;
    }
  };
  return ((...args: [Body] | [string, Body]) =>
    guarded((guard) => (args.length === 1 ? begin(guard(args[0])) : begin(args[0], guard(args[1]))))) as Sql["begin"];
}

/** postgres.js's own codes, the system's, and those with which a server says that it closes the connection. */
function isConnectionLost(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (
      "code" in at &&
      /^(CONNECTION_(CLOSED|ENDED|DESTROYED)|ECONN(RESET|REFUSED|ABORTED)|EPIPE|ETIMEDOUT|57P0[1-5]|08\w{3})$/.test(
        String(at.code),
      )
    )
      return true;
  }
  return false;
}
