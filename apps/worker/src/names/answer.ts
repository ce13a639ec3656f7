import type { Answer, RecordType } from "dns-packet";

/** What is asked on; the rest is refused, or, as it only leads to IPv6 or to hints, answered with nothing. */
const ASKED_ON: readonly RecordType[] = ["A", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"];
const EMPTY: readonly string[] = ["AAAA", "HTTPS", "SVCB", "UNKNOWN_64", "UNKNOWN_65"];
const MAX_RECORDS = 32;
const MAX_TTL_SECONDS = 3_600;

export function typeOf(type: string): "ask" | "empty" | "refuse" {
  if ((ASKED_ON as readonly string[]).includes(type)) return "ask";
  return EMPTY.includes(type) ? "empty" : "refuse";
}

/**
 * Of an upstream's answer what a container may have: the records that answer its question, reached over the chain of CNAMEs that begins
 * with the name it asked for, and no address for which `isClosed`. A name that leads into a private range leads nowhere.
 */
export function filterAnswer(
  question: { name: string; type: RecordType },
  answers: readonly Answer[],
  isClosed: (address: string) => boolean,
): { records: Answer[]; addresses: string[]; ttlSeconds: number } {
  const records: Answer[] = [];
  const addresses: string[] = [];
  let ttlSeconds = MAX_TTL_SECONDS;
  const owners = new Set([same(question.name)]);
  const keep = (record: Answer & { ttl?: number | undefined }) => {
    const ttl = Math.min(record.ttl ?? 0, MAX_TTL_SECONDS);
    ttlSeconds = Math.min(ttlSeconds, ttl);
    records.push({ ...record, ttl } as Answer);
  };
  for (const record of answers.slice(0, MAX_RECORDS)) {
    if (!owners.has(same(record.name))) continue;
    if (record.type === "CNAME" && question.type !== "CNAME") {
      owners.add(same(record.data));
      keep(record);
    } else if (record.type === question.type) {
      if (record.type === "A" && isClosed(record.data)) continue;
      if (record.type === "A") addresses.push(record.data);
      keep(record);
    }
  }
  return { records, addresses, ttlSeconds };
}

function same(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
