import type { CreateContainer } from "@hafen/sdk";
import { UsageError } from "../../failures.ts";
import { many, one, type Values } from "../../flags.ts";
import { NETWORK } from "../refused-flags.ts";

type Egress = NonNullable<CreateContainer["egress"]>;

export const EGRESS_FLAGS = {
  egress: one("POLICY", ["What it may reach outside: none, allow-list or internet"], policyOf),
  allow: many("TARGET", ["On the allow-list: 192.0.2.0/24, deb.debian.org, *.debian.org:443"]),
  network: one("none", ["Docker's way to write --egress none"], networkOf),
};

/** `--allow` alone says the policy. */
export function egressRequest({
  egress,
  allow,
  network,
}: Values<typeof EGRESS_FLAGS>): Pick<CreateContainer, "egress"> {
  const policy = egress ?? network ?? (allow.length > 0 ? "allow-list" : undefined);
  if (policy === undefined) return {};
  if (network !== undefined && policy !== network) throw new UsageError(`--network none with --egress ${policy}`);
  if (allow.length > 0 && policy !== "allow-list") throw new UsageError(`--allow with the policy ${policy}`);
  return { egress: { policy, ...(policy === "allow-list" ? { allow } : {}) } };
}

function policyOf(text: string): Egress["policy"] {
  if (text === "none" || text === "allow-list" || text === "internet") return text;
  throw new UsageError("none, allow-list or internet");
}

/** Its user's own network stays: what docker calls by this name closes the outside. */
function networkOf(text: string): "none" {
  if (text === "none") return text;
  throw new UsageError(`none alone: ${NETWORK}`);
}
