/** What one registry is shown, and no other. */
export interface RegistryLogin {
  username: string;
  password: string;
}

export interface PullRequest {
  /** With its registry, as `ghcr.io/team/app`. */
  repository: string;
  /** Of the manifest, as `resolveImage` told it for this very login: for one that it has already the engine asks no registry. */
  digest: string;
  platform?: string | undefined;
  login?: RegistryLogin | undefined;
  /** The tag that holds the image afterwards; the engine keeps no other name of it. */
  holdAs: string;
  /** Of all layers, as they are sent, and of the image unpacked. */
  maxBytes: number;
}
export interface PushRequest {
  imageId: string;
  /** With registry and tag, as `ghcr.io/team/app:1`. A tag in the engine while it lasts. */
  reference: string;
  login?: RegistryLogin | undefined;
}

/**
 * - `unauthorized`: it wants another login, or says so of what it does not have;
 * - `not_found`: it has no such image, or not for this platform;
 * - `unreachable`: it cannot be reached, or does not speak as a registry;
 * - `too_large`: the image is larger than asked for;
 * - `refused`: anything else it said.
 */
export type RegistryFailureReason = "unauthorized" | "not_found" | "unreachable" | "too_large" | "refused";
export interface RegistryFailure {
  type: "failed";
  reason: RegistryFailureReason;
  /** Holds what the registry said. */
  message: string;
}

export type TransferEvent =
  /** A layer by the first digits of its digest, each time its state changes. */
  | { type: "layer"; id: string; state: string }
  | { type: "pulled"; imageId: string; digest: string }
  | { type: "pushed"; digest: string }
  | RegistryFailure;
