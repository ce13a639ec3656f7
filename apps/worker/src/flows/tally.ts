import type { Count, Counts, Sets } from "./read-sets.ts";

/** What one container and one destination had since the reading before. */
export interface Moved {
  mac: string;
  protocol: string;
  address: string;
  port: number;
  sent: Count;
  received: Count;
  denied: Count;
}

const NONE: Count = { packets: 0, bytes: 0 };

/** What has come since `before`; an element that counts less than it did has gone and come again. */
function since(now: Count | undefined, before: Count | undefined): Count {
  if (!now) return NONE;
  if (!before || now.packets < before.packets) return now;
  return { packets: now.packets - before.packets, bytes: now.bytes - before.bytes };
}

/** The differences between two readings of the table; what does not move is left out. */
export function movedBetween(before: Sets, now: Sets): Moved[] {
  return [...between(before, now, ""), ...between(before, now, "_other")].filter(
    ({ sent, received, denied }) => sent.packets + received.packets + denied.packets > 0,
  );
}

function between(before: Sets, now: Sets, suffix: "" | "_other"): Moved[] {
  const of = (sets: Sets, name: string): Counts => sets.get(name + suffix) ?? new Map();
  const keys = new Set([...of(now, "asked").keys(), ...of(now, "sent").keys()]);
  const owners = Map.groupBy(keys, afterMac);
  return [...keys].map((key) => {
    const [mac = "", , protocol = "", address = "", port = "0"] = key.split(" ");
    const change = (name: string, at = key) => since(of(now, name).get(at), of(before, name).get(at));
    const asked = change("asked");
    const sent = change("sent");
    const flow = afterMac(key);
    // Replies are known by the container's address alone; of two that have had it lately nobody knows whose they are.
    const isOnly = owners.get(flow)?.length === 1;
    return {
      mac,
      protocol,
      address,
      port: Number(port),
      sent,
      received: isOnly ? change("received", flow) : NONE,
      denied: missing(asked, sent),
    };
  });
}

function afterMac(key: string): string {
  return key.slice(key.indexOf(" ") + 1);
}

/** The sets are read one after the other, and a packet may pass in between. */
function missing(asked: Count, sent: Count): Count {
  const packets = asked.packets - sent.packets;
  return packets <= 0 ? NONE : { packets, bytes: Math.max(0, asked.bytes - sent.bytes) };
}

/** Bytes that each hardware address has sent outside since the reading before. */
export function sentOutside(before: Sets, now: Sets): { mac: string; bytes: number }[] {
  const earlier = before.get("outside");
  return [...(now.get("outside") ?? [])]
    .map(([mac, count]) => ({ mac, bytes: since(count, earlier?.get(mac)).bytes }))
    .filter(({ bytes }) => bytes > 0);
}
