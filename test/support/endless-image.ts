import { createHash } from "node:crypto";

const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** An image of one layer that a registry states no size of, and that never ends. */
const descriptor = (mediaType: string, digest: string) => ({ mediaType, digest, size: 1 });
const config = JSON.stringify({
  architecture: "amd64",
  os: "linux",
  rootfs: { type: "layers", diff_ids: [digestOf("x")] },
});
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.docker.distribution.manifest.v2+json",
  config: descriptor("application/vnd.docker.container.image.v1+json", digestOf(config)),
  layers: [descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", digestOf("a layer"))],
});
export const ENDLESS = {
  repository: "endless/image",
  manifest,
  config,
  digest: digestOf(manifest),
  configDigest: digestOf(config),
};
