import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** The kernel's table of this network namespace: which hardware address stands behind which address. */
const TABLE = "/proc/self/net/arp";
const TRIES = 5;
const WAIT_MS = 20;
/** RFC 863: whoever gets it throws it away. Sending it makes the kernel find out who has the address. */
const DISCARD = 9;

/** The hardware address that has an IPv4 address now; undefined: nobody has. */
export async function hardwareAddress(address: string): Promise<string | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const found = find(await readFile(TABLE, "utf8"), address);
    if (found !== undefined) return found;
    if (tries === 0) provoke(address);
    await delay(WAIT_MS);
  }
  return undefined;
}

export function find(table: string, address: string): string | undefined {
  for (const line of table.split("\n").slice(1)) {
    const [ip, , flags, mac] = line.trim().split(/\s+/);
    // Flag 2: the entry is complete.
    if (ip === address && (Number(flags) & 2) !== 0) return mac;
  }
  return undefined;
}

function provoke(address: string): void {
  const socket = createSocket("udp4");
  socket.on("error", () => {});
  socket.send(Buffer.alloc(1), DISCARD, address, () => socket.close());
}
