import type { Readable } from "node:stream";
import { engineDownload, engineRequest } from "../services/index.ts";

const HUB = "https://registry-1.docker.io/v2/";
const ASK_MS = 3_000;
const PULL_MS = 10 * 60_000;

/** Whether Docker's registry answers from here; it does with 401, since we show no token. */
export function registryAnswers(): Promise<boolean> {
  return fetch(HUB, { signal: AbortSignal.timeout(ASK_MS) }).then(
    ({ status }) => status === 200 || status === 401,
    () => false,
  );
}

/** Lets the engine pull an image and hands it over as a `docker save` archive. The engine's own tag is dropped by whoever imports it. */
export async function pullAsArchive(engine: string, name: string): Promise<Readable> {
  const [image = "", tag = "latest"] = name.split(":");
  const query = new URLSearchParams({ fromImage: image, tag });
  const pull = await engineRequest(engine, "POST", `/images/create?${query.toString()}`, { timeoutMs: PULL_MS });
  if (pull.status !== 200 || /"errorDetail"/.test(pull.body))
    throw new Error(`the engine could not pull ${name}: ${pull.body.slice(-300)}`);
  return engineDownload(engine, `/images/${encodeURIComponent(name)}/get`);
}
