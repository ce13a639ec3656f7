import { execFile } from "node:child_process";
import { promisify } from "node:util";

const TIMEOUT_MS = 5_000;
/** Giving an interface the address that it has makes the kernel tell it to all neighbours. */
const ANNOUNCE = `
  echo 1 > /proc/sys/net/ipv4/conf/eth0/arp_notify
  ip link set eth0 address "$(ip -o link show eth0 | sed 's/.*link.ether \\([^ ]*\\).*/\\1/')"`;

/**
 * Tells a container's neighbours, its bridge among them, which hardware address is behind its IPv4 address: the container that had it before
 * had another one, and whoever remembers that would send into the void for a minute.
 */
export async function announce(pid: number): Promise<void> {
  await promisify(execFile)("nsenter", [`--net=/proc/${pid}/ns/net`, "--", "sh", "-ec", ANNOUNCE], {
    timeout: TIMEOUT_MS,
  });
}
