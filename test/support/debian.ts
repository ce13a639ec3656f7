import { createReadStream } from "node:fs";
import type { Hafen } from "@hafen/sdk";
import { requireEnv } from "./environment.ts";

/** Imports Debian as the catalog's `debian:bookworm`. */
export async function importDebian(admin: Hafen): Promise<void> {
  const tar = createReadStream(requireEnv("HAFEN_TEST_DEBIAN_TAR"));
  const options = { tag: "debian:bookworm", catalog: true, command: ["bash"], waitSeconds: 120 };
  const build = await admin.images.import(tar, options);
  if (build.state !== "succeeded") throw new Error(`debian import: ${JSON.stringify(build.failure)}`);
}
