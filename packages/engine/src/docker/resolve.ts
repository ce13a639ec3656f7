import type { Op, RegistryFailure, RegistryLogin } from "../engine.ts";
import { EngineError } from "../error.ts";
import { DEADLINES_MS } from "./call.ts";
import { checkedName, type Client } from "./client.ts";
import { causeStatus, engineText } from "./errors.ts";
import { jsonLines } from "./json-lines.ts";
import { registryFailure } from "./registry-failure.ts";
import { openStream, pieces } from "./stream.ts";

/** The engine asks the registry itself, whatever it has of the image: a pull by digest of what it has would not. */
export async function resolveImage(
  client: Client,
  reference: string,
  login: RegistryLogin | undefined,
  op?: Op,
): Promise<{ type: "resolved"; digest: string } | RegistryFailure> {
  const what = `resolve ${reference}`;
  const path = `/distribution/${checkedName(reference)}/json`;
  try {
    const request = { method: "GET", path, authconfig: authOf(login), openMs: DEADLINES_MS.registry } as const;
    const answer = await openStream(client, what, request, op);
    for await (const value of jsonLines(pieces(what, answer, op))) {
      const { Descriptor: descriptor } = value as { Descriptor?: { digest?: string } };
      if (descriptor?.digest !== undefined) return { type: "resolved", digest: descriptor.digest };
    }
    throw new EngineError("unavailable", `${what}: the engine answered without a digest`);
  } catch (error) {
    return saidByRegistry(error);
  }
}

/** Never absent: without the header some engines take the request for a broken one. */
export function authOf(login: RegistryLogin | undefined): object {
  return { ...login };
}

/**
 * The engine answers for a registry with statuses of its own; without one, or with a full disk, it is the engine that failed. Only when
 * the time was up, it waits for the registry: that is not to be tried over and over.
 */
export function saidByRegistry(error: unknown): RegistryFailure {
  const status = causeStatus(error);
  if (error instanceof EngineError && error.kind === "unavailable" && error.cause === undefined)
    return { type: "failed", reason: "unreachable", message: error.message.replace(/^.*: /s, "") };
  if (status === undefined || !(error instanceof EngineError) || error.kind === "no_space") throw error;
  return registryFailure(engineText(error.cause), status);
}
