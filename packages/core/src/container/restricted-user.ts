import { ProblemError } from "@hafen/contract";
import type { ContainerRow } from "@hafen/db";

/** `restricted` never runs as root, whatever its image says: nobody's ids. */
export const RESTRICTED_USER = "65534:65534";

/** Another user that a request names for it is refused, since it would not be what it got. */
export function refuseOtherUser(
  profile: ContainerRow["config"]["profile"] | undefined,
  user: string | undefined,
): void {
  if (profile !== "restricted" || user === undefined || user === RESTRICTED_USER || user === "65534") return;
  throw new ProblemError(
    "invalid_request",
    `A restricted container runs as ${RESTRICTED_USER} alone. Leave user out, or make it with the profile standard.`,
  );
}
