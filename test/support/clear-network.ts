import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Takes away the rules and the address that a host's worker leaves when it ends, so that they stay in force: in a network that many tests share. */
export async function clearNetwork(namespace: string, hostId: string): Promise<void> {
  const id = hostId.slice(-10);
  const script = `
    for table in hafen_${id} hafen_flows_${id}; do nft delete table inet $table; done
    ip address flush dev lo label lo:${id}`;
  await execute("nsenter", [`--net=/run/netns/${namespace}`, "--", "sh", "-c", script]).catch(() => {}); // never made
}
