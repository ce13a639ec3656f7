import { engineRequest } from "../services/index.ts";

const REMOVE_TIMEOUT_MS = 60_000;

/** Removes every container of an engine that belongs to the tests alone, with its anonymous volumes. */
export async function removeContainers(engine: string): Promise<void> {
  const { body } = await engineRequest(engine, "GET", "/containers/json?all=1", { timeoutMs: REMOVE_TIMEOUT_MS });
  const containers = JSON.parse(body) as { Id: string }[];
  await Promise.all(
    containers.map(({ Id }) =>
      engineRequest(engine, "DELETE", `/containers/${Id}?force=1&v=1`, { timeoutMs: REMOVE_TIMEOUT_MS }),
    ),
  );
}
