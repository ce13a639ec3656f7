import type { Change, Changes, EngineId, Op } from "../engine.ts";
import { checkedName, type Client } from "./client.ts";
import { openStream, pieces } from "./stream.ts";

/** Kept of the engine's answer: some hundred thousand paths. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const KINDS = ["changed", "added", "deleted"] as const;

interface RawChange {
  Path: string;
  Kind: number;
}

export async function changes(client: Client, id: EngineId, op?: Op): Promise<Changes> {
  const what = `changes of ${id}`;
  const request = { method: "GET", path: `/containers/${checkedName(id)}/changes` } as const;
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces(what, await openStream(client, what, request, op), op)) {
    kept.push(piece);
    bytes += piece.length;
    if (bytes > MAX_ANSWER_BYTES) break;
  }
  return readChanges(Buffer.concat(kept), bytes > MAX_ANSWER_BYTES);
}

/** A cut answer ends after its last whole entry: within a JSON string a quote is escaped, so `},{"` is only ever between two. */
export function readChanges(answer: Buffer, truncated: boolean): Changes {
  const text = truncated ? `${answer.toString("utf8", 0, answer.lastIndexOf('},{"'))}}]` : answer.toString();
  const found = (JSON.parse(text) as RawChange[] | null) ?? [];
  return { changes: found.map(toChange), truncated };
}

function toChange({ Path, Kind }: RawChange): Change {
  return { kind: KINDS[Kind] ?? "changed", path: Path };
}
