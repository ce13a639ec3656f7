import type { RegistryFailure, RegistryFailureReason } from "../engine.ts";

const MAX_MESSAGE_CHARACTERS = 500;

/** In this order: a registry that hides what it has says that access is denied. */
const BY_TEXT: [RegistryFailureReason, RegExp][] = [
  [
    "unauthorized",
    /unauthorized|authentication required|no basic auth credentials|access (denied|forbidden)|access to the resource is denied|^denied:|insufficient_scope|incorrect username or password|: 40[13] |status: 40[13]|forbidden/i,
  ],
  [
    "not_found",
    /manifest unknown|name unknown|manifest for .* not found|repository .* not found|no matching manifest|does not match the specified platform|: not found/i,
  ],
  [
    "unreachable",
    /dial tcp|dial unix|no such host|connection (refused|reset)|no route to host|network is unreachable|i\/o timeout|timeout exceeded|deadline exceeded|context canceled|tls: |x509: |http response to https client|unexpected EOF|: EOF$|service unavailable|bad gateway|gateway time-?out|toomanyrequests|invalid character|received unexpected http status: 5/i,
  ],
];

/** What a registry, or the way to it, said through the engine. `status` is the engine's own answer's. */
export function registryFailure(text: string, status?: number): RegistryFailure {
  const message = text.replaceAll(/\s+/g, " ").trim().slice(0, MAX_MESSAGE_CHARACTERS);
  const byText = BY_TEXT.find(([, pattern]) => pattern.test(message))?.[0];
  return { type: "failed", reason: byText ?? (status === 404 ? "not_found" : "refused"), message };
}
