import { ProblemError, type Policy } from "@hafen/contract";
import type { ContainerRow } from "@hafen/db";

type Profile = ContainerRow["config"]["profile"];

/** What is asked for, else the widest that the user's policy allows. */
export function allowedProfile(policy: Policy, asked: Profile | undefined): Profile {
  if (asked === "standard" && policy.profile === "restricted")
    throw new ProblemError(
      "policy_refused",
      "Your account makes containers with the profile restricted alone. Leave profile out, or ask the admin.",
    );
  return asked ?? policy.profile ?? "standard";
}
