import assert from "node:assert/strict";
import { test } from "node:test";
import type { LayerNode } from "@hafen/sdk";
import { layerTree } from "./layer-tree.ts";

const DIGEST = `sha256:${"ab".repeat(32)}`;
const image = (freesBytes: number, ...tags: string[]) => ({
  id: "img_1",
  digest: DIGEST,
  sizeBytes: 1,
  own: true,
  freesBytes,
  tags,
});
const node = (
  at: number,
  parent: number | null,
  count: number,
  bytes: number,
  images: LayerNode["images"],
): LayerNode => ({
  node: at,
  parent,
  layers: Array.from({ length: count }, () => ({ digest: DIGEST, bytes: bytes / count })),
  bytes,
  images,
  host: "one",
});

test("what shares layers hangs on the same branch, and nothing in a name leaves its place", () => {
  const items = [
    node(0, null, 1, 4_000_000, [{ ...image(0, "base:1"), own: false }]),
    node(1, 0, 2, 3_000, []),
    node(2, 1, 1, 2_000, [image(2_000, "a:1", "a:2\n")]),
    node(3, 1, 1, 1_000, [image(1_000)]),
    node(4, 0, 1, 500, [image(0, "b:1"), image(0, "c:1")]),
  ];
  assert.deepEqual(layerTree({ items, bytes: 4_006_500 }), [
    "1 layer 4MB  base:1 (catalog)",
    "├── 2 layers 3kB",
    "│   ├── 1 layer 2kB  a:1, a:2\\x0a (frees 2kB)",
    "│   └── 1 layer 1kB  <none> abababababab (frees 1kB)",
    "└── 1 layer 500B  b:1 (frees 0B)  c:1 (frees 0B)",
    "Total: 4.01MB",
  ]);
  const [first] = items;
  assert.ok(first);
  assert.deepEqual(layerTree({ items: [first, { ...first, node: 1, host: "two" }], bytes: 0 }).slice(0, 4), [
    "one:",
    "1 layer 4MB  base:1 (catalog)",
    "two:",
    "1 layer 4MB  base:1 (catalog)",
  ]);
});
