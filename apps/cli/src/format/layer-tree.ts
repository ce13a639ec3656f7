import type { ImageTree, LayerNode } from "@hafen/sdk";
import { bytes } from "./bytes.ts";
import { inert } from "./inert.ts";
import { shortDigest } from "../short-ids.ts";

/** The layers that images share, from the base down, with the images that end at each and what they would free. */
export function layerTree({ items, bytes: total }: ImageTree): string[] {
  const below = Map.groupBy(items, ({ parent }) => parent);
  const hosts = new Set(items.map(({ host }) => host));
  const found: string[] = [];
  const add = (node: LayerNode, first: string, rest: string) => {
    found.push(`${first}${textOf(node)}`);
    const children = below.get(node.node) ?? [];
    for (const [at, child] of children.entries()) {
      const last = at === children.length - 1;
      add(child, `${rest}${last ? "└── " : "├── "}`, `${rest}${last ? "    " : "│   "}`);
    }
  };
  for (const host of hosts) {
    if (hosts.size > 1) found.push(`${inert(host)}:`);
    for (const root of (below.get(null) ?? []).filter((node) => node.host === host)) add(root, "", "");
  }
  return [...found, `Total: ${bytes(total)}`];
}

function textOf({ layers, bytes: own, images }: LayerNode): string {
  const count = `${layers.length} layer${layers.length === 1 ? "" : "s"}`;
  const named = images.map(({ tags, digest, own: mine, freesBytes }) => {
    const name = tags.map(inert).join(", ") || `<none> ${shortDigest(digest)}`;
    return `${name} (${mine ? `frees ${bytes(freesBytes)}` : "catalog"})`;
  });
  return [`${count} ${bytes(own)}`, ...named].join("  ");
}
