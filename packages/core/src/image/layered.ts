import { historySizes, type Db, type LayeredRow } from "@hafen/db";
import { layerBytesOf } from "./layer-bytes.ts";
import type { Layered } from "./layer-forest.ts";

/** Images as their layers, with what each layer adds; from the history where that was not kept. */
export async function layeredOf(db: Db, rows: LayeredRow[]): Promise<Layered[]> {
  const unknown = rows.filter(({ layerBytes, diffIds }) => layerBytes.length !== diffIds.length);
  const history = await historySizes(
    db,
    unknown.map(({ id }) => id),
  );
  return rows.map(({ id, hostId, diffIds, layerBytes }) => ({
    id,
    hostId,
    diffIds,
    bytes: layerBytesOf({ diffIds, layerBytes }, history.get(id) ?? []),
    exact: layerBytes.length === diffIds.length,
  }));
}
