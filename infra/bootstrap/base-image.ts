import { createReadStream } from "node:fs";
import { join } from "node:path";
import { HafenError, type Hafen } from "@hafen/sdk";
import { makeDebian } from "../images/index.ts";
import type { BootstrapConfig } from "./config.ts";
import { pullAsArchive, registryAnswers } from "./registry.ts";

const NAME = "debian:bookworm";

/**
 * Sees to it that the catalog has `debian:bookworm`: pulled when Docker's registry can be reached, else made from the distribution's
 * packages. Either goes in through the API, as an admin's own import would.
 */
export async function ensureBaseImage(
  config: BootstrapConfig,
  engine: string,
  hafen: Hafen,
  say: (line: string) => void,
): Promise<void> {
  if (await hasImage(hafen)) return;
  if (await registryAnswers()) {
    say(`pulling ${NAME} from Docker's registry, the base image of the example`);
    const archive = await pullAsArchive(engine, NAME).catch((error: unknown) =>
      say(`the pull failed (${String(error)})`),
    );
    if (archive && (await add(hafen, archive))) return;
  }
  say(`making ${NAME} with mmdebstrap, since no registry can be reached: about 20 s`);
  const tar = join(config.home, "images", "debian-bookworm.tar");
  await makeDebian(tar);
  if (!(await add(hafen, createReadStream(tar), ["bash"])))
    throw new Error(`${NAME} could not be imported; GET /v1/builds says why`);
}

async function add(hafen: Hafen, archive: AsyncIterable<Uint8Array>, command?: string[]): Promise<boolean> {
  const build = await hafen.images.import(archive, { tag: NAME, catalog: true, command, waitSeconds: 300 });
  return build.state === "succeeded";
}

async function hasImage(hafen: Hafen): Promise<boolean> {
  try {
    return (await hafen.images.get(NAME)).catalog;
  } catch (error) {
    if (error instanceof HafenError && error.code === "image_not_found") return false;
    throw error;
  }
}
