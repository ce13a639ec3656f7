import type { BuildFailure } from "@hafen/contract";
import type { RegistryFailure, RegistryLogin } from "@hafen/engine";
import type { RemoteReference } from "../reference/remote-reference.ts";

/** Why a registry did not give or take an image, and what to do. What it said may hold what it was shown: that is taken out. */
export function registryFailed(
  { registry, full }: RemoteReference,
  login: RegistryLogin | undefined,
  { reason, message }: RegistryFailure,
): BuildFailure {
  const said = withoutSecrets(message, login);
  const store = `hafen registry login ${registry}, or PUT /v1/registries/${registry}`;
  const detail = {
    unauthorized: login
      ? `${registry} does not let ${login.username} reach ${full}: ${said}. Store other credentials: ${store}.`
      : `${registry} does not let everybody reach ${full}: ${said}. Store your credentials: ${store}.`,
    not_found: `${registry} has no ${full}: ${said}.`,
    unreachable: `${registry} cannot be reached: ${said}.`,
    too_large: `${full} is too large: ${said}.`,
    refused: `${registry} refused ${full}: ${said}.`,
  }[reason];
  return { code: "registry_failed", detail, reason };
}

export function withoutSecrets(text: string, login: RegistryLogin | undefined): string {
  if (!login) return text;
  const { username, password } = login;
  const basic = Buffer.from(`${username}:${password}`);
  const secrets = [basic.toString("base64"), basic.toString("base64url"), password, encodeURIComponent(password)];
  const escaped = JSON.stringify(password).slice(1, -1);
  return [...secrets, escaped].reduce((clean, secret) => clean.replaceAll(secret, "[redacted]"), text);
}
