import type { Op } from "../engine.ts";
import { call, DEADLINES_MS } from "./call.ts";
import type { Client } from "./client.ts";
import { inspectRaw } from "./containers.ts";
import { removeContainer } from "./stop.ts";

/** The engine removes an aborted step's container itself, unless it died meanwhile. Only what ran under our parent is touched. */
export async function removeLeftovers(
  client: Client,
  ids: Iterable<string>,
  cgroupParent: string,
  op?: Op,
): Promise<void> {
  for (const id of ids) {
    const found = await inspectRaw(client, id, op);
    if (found?.HostConfig.CgroupParent === cgroupParent) await removeContainer(client, found.Id, op);
  }
}

/** After an attempt that could not clear up, whose containers nobody knows by id: the builder gives them no label. */
export async function removeAllOf(client: Client, cgroupParent: string, op?: Op): Promise<void> {
  const all = await call("list containers", DEADLINES_MS.ask, op, (abortSignal) =>
    client.docker.listContainers({ all: true, abortSignal }),
  );
  await removeLeftovers(
    client,
    all.map(({ Id }) => Id),
    cgroupParent,
    op,
  );
}
