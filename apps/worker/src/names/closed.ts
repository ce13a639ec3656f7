import { BlockList } from "node:net";

/** Whether an IPv4 address lies in one of the CIDRs. */
export function closedTo(cidrs: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = "", bits = "32"] = cidr.split("/");
    list.addSubnet(address, Number(bits), "ipv4");
  }
  return (address) => list.check(address, "ipv4");
}
