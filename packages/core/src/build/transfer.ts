import { ProblemError } from "@hafen/contract";
import type { BuildRow } from "@hafen/db";
import type { RegistryLogin, TransferEvent } from "@hafen/engine";
import type { HostCtx } from "../ctx.ts";
import { remoteReference, type RemoteReference } from "../reference/remote-reference.ts";
import { loginFor } from "../registry/credentials.ts";
import { registryFailed } from "../registry/failure.ts";
import { requireAllowed } from "../registry/policy.ts";
import { BuildRefused } from "./refused.ts";
import type { LogWriter } from "./log-writer.ts";

export interface Transfer {
  remote: RemoteReference;
  /** Of this registry and no other. */
  login: RegistryLogin | undefined;
}

/** What a pull or push needs to know. The list of registries is asked again: it may have become shorter since the request. */
export async function openTransfer(ctx: HostCtx, { userId }: BuildRow, reference: string): Promise<Transfer> {
  const remote = remoteReference(reference);
  try {
    requireAllowed(ctx.registries, remote.registry);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    throw new BuildRefused({ code: "registry_failed", detail: error.detail, reason: "refused" });
  }
  return { remote, login: await loginFor(ctx, userId, remote.registry) };
}

type End = Extract<TransferEvent, { type: "pulled" | "pushed" }>;

/** Writes what happens to each layer into the log, and answers with the end. */
export async function follow(
  { remote, login }: Transfer,
  events: AsyncIterable<TransferEvent>,
  log: LogWriter,
): Promise<End> {
  for await (const event of events) {
    switch (event.type) {
      case "layer":
        await log.write("status", `${event.id}: ${event.state}\n`, Date.now());
        break;
      case "failed":
        throw new BuildRefused(registryFailed(remote, login, event));
      case "pulled":
      case "pushed":
        await log.write("status", `Digest: ${event.digest}\n`, Date.now());
        return event;
      default:
        event satisfies never;
    }
  }
  throw new Error("the engine ended a transfer without saying how");
}
