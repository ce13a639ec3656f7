import { sql, type SQL } from "drizzle-orm";
import { customType, timestamp } from "drizzle-orm/pg-core";

/** Column types every table shares. Times are the database's (`now()`), never a process's clock. */
export const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });
export const createdAt = () => time("created_at").notNull().defaultNow();

export const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });
/** A transaction's 64-bit id: orders events by commit, see `queries/events.ts`. */
export const xid8 = customType<{ data: string }>({ dataType: () => "xid8" });

/** `column in ('a', 'b')` as a CHECK, from a table in the contract. */
export function oneOf(column: string, values: readonly string[]): SQL {
  return sql.raw(`${column} in (${values.map((value) => `'${value}'`).join(", ")})`);
}
