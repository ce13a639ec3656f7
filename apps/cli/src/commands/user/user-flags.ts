import type { Policy, Quota } from "@hafen/sdk";
import { UsageError } from "../../failures.ts";
import { many, one } from "../../flags.ts";
import { decimal, memoryBytes, pair, whole } from "../../format/quantities.ts";

const WHOLE = ["containers", "running", "volumes", "images", "builds", "pids", "buildMinutes", "streams", "keys"];
const NAMES = [...WHOLE, "cpus", "memory", "imageBytes"];

export const QUOTA = many(
  "NAME=COUNT",
  [`At most so much of ${NAMES.slice(0, -1).join(", ")} or ${NAMES.at(-1)}`],
  quotaOf,
);

/** As `whoami` shows them. */
function quotaOf(text: string): [keyof Quota, number] {
  const [name, amount] = pair(text);
  if (name === "memory") return ["memoryBytes", memoryBytes(amount)];
  if (name === "imageBytes") return [name, memoryBytes(amount)];
  if (name === "cpus") return [name, decimal(amount)];
  if (WHOLE.includes(name)) return [name as keyof Quota, whole(amount)];
  throw new UsageError(`${NAMES.join(", ")}, each with =COUNT`);
}

const POLICY = {
  egress: ["none", "allow-list", "internet"],
  profile: ["restricted"],
};

export const POLICY_FLAG = one(
  "NAME=VALUE,...",
  ["egress=none, profile=restricted or runtimes=runc+runsc; none: no bound"],
  policyOf,
);

function policyOf(text: string): Policy {
  if (text === "none") return {};
  const policy: Policy = {};
  for (const part of text.split(",")) {
    const [name, value] = pair(part);
    if (name === "runtimes") policy.runtimes = value.split("+");
    else if (name === "egress" && POLICY.egress.includes(value)) policy.egress = value as NonNullable<Policy["egress"]>;
    else if (name === "profile" && POLICY.profile.includes(value)) policy.profile = "restricted";
    else throw new UsageError("egress=none|allow-list|internet, profile=restricted or runtimes=NAME+NAME");
  }
  return policy;
}
