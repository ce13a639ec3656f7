import type { Sql } from "./client.ts";

/** What is younger is not deleted even by the retention. */
export const AUDIT_DAYS_AT_LEAST = 30;

/**
 * The audit log grows and is never changed: the database refuses UPDATE and TRUNCATE, and DELETE but for `pruneAudit`, which says in its
 * transaction after how many days, and then of what is older alone. Not a migration: no schema diff knows of it,
 * and a database restored without its triggers gets them back.
 */
export async function guardAuditLog(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create or replace function refuse_audit_change() returns trigger language plpgsql as $$
    declare days int := nullif(current_setting('hafen.audit_days', true), '')::int;
    begin
      if tg_op = 'DELETE' and days >= ${AUDIT_DAYS_AT_LEAST} and old.created_at < now() - make_interval(days => days) then
        return old;
      end if;
      raise exception 'audit_log is append-only: % refused', tg_op using errcode = 'insufficient_privilege';
    end $$;
  `);
  const set = await sql`select 1 from pg_trigger where tgrelid = 'audit_log'::regclass and not tgisinternal`;
  if (set.length === 2) return; // each waits for whoever writes to the table
  await sql.unsafe(`
    create or replace trigger audit_log_append_only before update or delete on audit_log
      for each row execute function refuse_audit_change();
    create or replace trigger audit_log_never_emptied before truncate on audit_log
      for each statement execute function refuse_audit_change();
  `);
}
