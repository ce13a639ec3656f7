import { ProblemError } from "@hafen/contract";
import { findTag, type Db } from "@hafen/db";
import type { Actor } from "../ctx.ts";

/** What everyone builds and runs from is for a key with the scope `admin`, also among an admin's own keys. */
export function requireCatalog({ scopes }: Actor): void {
  if (!scopes.includes("admin"))
    throw new ProblemError(
      "scope_missing",
      `The catalog needs a key with the scope admin; yours has ${scopes.join(", ")}.`,
    );
}

/** Nor is a name that one offers to everyone given to another image without that scope: the catalog would lose it. */
export async function keepCatalogNames(
  tx: Db,
  actor: Actor,
  names: readonly (string | null | undefined)[],
): Promise<void> {
  for (const name of names) if (name && (await findTag(tx, actor.userId, name))?.catalog) requireCatalog(actor);
}
