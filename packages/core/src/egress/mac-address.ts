import { createHash } from "node:crypto";

/**
 * A container is known to the packet filter by its hardware address, which it gets at its making, before it has any other, and which it
 * cannot change without CAP_NET_ADMIN. 14 bits tell its host, 32 the container; locally administered, as IEEE 802 has it.
 */
export function macAddress(hostId: string, containerId: string): string {
  return [...hostBytes(hostId), ...digest(containerId).subarray(0, 4)].map(hex).join(":");
}

/** What the addresses of a host's containers begin with, as a value and its mask. */
export function macPrefix(hostId: string): { value: string; mask: string } {
  return { value: [...hostBytes(hostId), 0, 0, 0, 0].map(hex).join(":"), mask: "ff:ff:00:00:00:00" };
}

function hostBytes(hostId: string): [number, number] {
  const [high = 0, low = 0] = digest(hostId);
  // Docker gives 02:42 itself.
  const first = (high & 0xfc) | 0x02;
  return [first === 0x02 && low === 0x42 ? 0x06 : first, low];
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
