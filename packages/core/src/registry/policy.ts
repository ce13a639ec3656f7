import { ProblemError } from "@hafen/contract";
import { registryName } from "../reference/remote-reference.ts";
import { readSecretKey, type SecretKey } from "../sealed.ts";

/** What the operator says of registries. */
export interface RegistryPolicy {
  /**
   * The only ones that may be named: any other could be an address of the operator's own network. They must check that what a manifest
   * names was sent to them, as all of the usual ones do: the engine takes layers that it has by their digests alone.
   */
  allowed: ReadonlySet<string>;
  /** Undefined where none is set: no credentials can be kept then. */
  key: SecretKey | undefined;
}

export const DEFAULT_REGISTRIES = "docker.io,ghcr.io,quay.io,registry.gitlab.com,public.ecr.aws,mcr.microsoft.com";

/** Of the comma-separated `HAFEN_REGISTRIES`, and of a key in base64. @throws at what is no registry, and what is no key. */
export function readRegistryPolicy(list: string, key: string | undefined): RegistryPolicy {
  const names = list.split(",").map((name) => name.trim());
  return {
    allowed: new Set(of("HAFEN_REGISTRIES", () => names.filter((name) => name !== "").map(registryName))),
    key: key === undefined ? undefined : of("HAFEN_SECRET_KEY", () => readSecretKey(key)),
  };
}

function of<T>(variable: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${variable}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
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
