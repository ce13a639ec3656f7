import { ProblemError } from "@hafen/contract";
import { registryName } from "../reference/remote-reference.ts";

/** What the operator says of registries. */
export interface RegistryPolicy {
  /**
   * The only ones that may be named: any other could be an address of the operator's own network. They must check that what a manifest
   * names was sent to them, as all of the usual ones do: the engine takes layers that it has by their digests alone.
   */
  allowed: ReadonlySet<string>;
}

export const DEFAULT_REGISTRIES = "docker.io,ghcr.io,quay.io,registry.gitlab.com,public.ecr.aws,mcr.microsoft.com";

/** Of the comma-separated `HAFEN_REGISTRIES`. @throws at what is no registry. */
export function readRegistryPolicy(list: string): RegistryPolicy {
  const names = list.split(",").map((name) => name.trim());
  try {
    return { allowed: new Set(names.filter((name) => name !== "").map(registryName)) };
  } catch (cause) {
    throw new Error(`HAFEN_REGISTRIES: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

export function requireAllowed({ allowed }: RegistryPolicy, registry: string): void {
  if (allowed.has(registry)) return;
  const known = [...allowed].join(", ");
  throw new ProblemError(
    "registry_not_allowed",
    `${registry} is not among the registries of this service (${known || "none"}). Its operator allows more with HAFEN_REGISTRIES.`,
  );
}
