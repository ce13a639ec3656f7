import type { Op, RegistryFailure, TransferEvent } from "../engine.ts";
import { EngineError } from "../error.ts";
import { DEADLINES_MS } from "./call.ts";
import type { Client } from "./client.ts";
import { jsonLines } from "./json-lines.ts";
import { registryFailure } from "./registry-failure.ts";
import { saidByRegistry } from "./resolve.ts";
import { openStream, pieces, type StreamRequest } from "./stream.ts";

interface Message {
  id?: string;
  status?: string;
  progressDetail?: { current?: number; total?: number };
  aux?: { Digest?: string };
  error?: string;
  errorDetail?: { message?: string };
}
export type TransferMessage =
  | Extract<TransferEvent, { type: "layer" }>
  /** Of a layer as it is sent: what the registry says, or more when more has come. */
  | { type: "size"; id: string; bytes: number }
  | { type: "digest"; digest: string }
  | RegistryFailure;

/** The engine's words, so that none of a registry's, and no other user's repository that a layer is mounted from, pass for them. */
const STATES =
  /^(Pulling fs layer|Waiting|Downloading|Verifying Checksum|Download complete|Extracting|Pull complete|Already exists|Preparing|Pushing|Pushed|Layer already exists|Mounted)\b/;

/** What a pull or push says of itself: each state of a layer once, however often its progress is told. */
export async function* transfer(
  client: Client,
  what: string,
  request: StreamRequest,
  op?: Op,
): AsyncGenerator<TransferMessage, void, undefined> {
  const opened = await openStream(client, what, { ...request, openMs: DEADLINES_MS.registry }, op).catch(
    saidByRegistry,
  );
  if ("reason" in opened) return yield opened;
  const states = new Map<string, string>();
  for await (const value of jsonLines(pieces(what, opened, op))) {
    const { id, status, progressDetail, aux, ...message } = value as Message;
    const failed = message.errorDetail?.message ?? message.error;
    if (failed !== undefined) {
      if (/no space left on device/i.test(failed)) throw new EngineError("no_space", `${what}: ${failed}`);
      return yield registryFailure(failed);
    }
    if (aux?.Digest !== undefined) yield { type: "digest", digest: aux.Digest };
    if (id === undefined || !/^[0-9a-f]{12}$/.test(id)) continue;
    const state = STATES.exec(status ?? "")?.[1];
    if (state === "Downloading" && progressDetail) {
      const { current = 0, total = 0 } = progressDetail;
      yield { type: "size", id, bytes: Math.max(current, total) };
    }
    if (state === undefined || states.get(id) === state) continue;
    states.set(id, state);
    yield { type: "layer", id, state };
  }
}
