import { insertAuditLines, type AuditEntry, type Db } from "@hafen/db";
import { errorFields, type Log } from "@hafen/process";
import { networkOf } from "./rate-limits/network-of.ts";

/** Refusals that are written down a minute; what is over is counted, and one line says how many there were. */
const MOST = { ofOne: 30, ofAll: 300 };
const MINUTE_MS = 60_000;
const FLUSH_MS = 200;
/** Lines that wait while the database does not answer; older ones are lost with their number logged. */
const MOST_WAITING = 10_000;

/** Writes what no verb's transaction does: what was refused, and streams that were opened. */
export interface Auditor {
  done(entry: AuditEntry): void;
  /** Bounded for each user, or address where the user is not known: a flood does not fill the table. */
  refused(entry: AuditEntry): void;
  close(): Promise<void>;
}

export function openAuditor(db: Db, log: Log): Auditor {
  const waiting: AuditEntry[] = [];
  const written = new Map<string, number>();
  /** Of whom too much was refused: how often more, and the latest of them. */
  const more = new Map<string, { count: number; entry: AuditEntry }>();
  let ofAll = 0;
  let flushing = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const minute = setInterval(turn, MINUTE_MS).unref();

  function add(entry: AuditEntry): void {
    waiting.push(entry);
    timer ??= setTimeout(flush, FLUSH_MS).unref();
  }

  function flush(): void {
    timer = undefined;
    flushing = flushing.then(write);
  }

  async function write(): Promise<void> {
    const lines = waiting.splice(0);
    if (lines.length === 0) return;
    try {
      await insertAuditLines(db, lines);
    } catch (error) {
      const kept = lines.slice(-MOST_WAITING);
      log.warn({ lost: lines.length - kept.length, ...errorFields(error) }, "the audit log cannot be written now");
      waiting.unshift(...kept);
      timer ??= setTimeout(flush, 5_000).unref();
    }
  }

  function turn(): void {
    for (const { count, entry } of more.values()) add({ ...entry, detail: { ...entry.detail, more: count } });
    more.clear();
    written.clear();
    ofAll = 0;
  }

  return {
    done: add,
    refused(entry) {
      const who = entry.userId ?? networkOf(entry.address ?? "");
      const before = written.get(who) ?? 0;
      if (before < MOST.ofOne && ofAll < MOST.ofAll) {
        written.set(who, before + 1);
        ofAll += 1;
        return add({ ...entry, outcome: "refused" });
      }
      const counted = before < MOST.ofOne ? "" : who;
      const count = (more.get(counted)?.count ?? 0) + 1;
      more.set(counted, { count, entry: { ...entry, outcome: "refused" } });
    },
    async close() {
      clearInterval(minute);
      turn();
      clearTimeout(timer);
      flush();
      await flushing;
      clearTimeout(timer);
    },
  };
}
