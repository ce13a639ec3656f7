import { sql } from "drizzle-orm";

/**
 * In the `returning` of a statement sent by itself: its commit does not wait for the disk, 1 to 3 ms each. For what a later, waiting
 * commit takes to the disk along with itself, or what is made anew after a crash of the database. Never inside a transaction.
 */
export const withoutFlush = sql<string>`set_config('synchronous_commit', 'off', true)`;
