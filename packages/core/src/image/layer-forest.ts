/** An image as its layers: as the engine keeps them, a layer is the same only above the same ones. */
export interface Layered {
  id: string;
  /** Hosts share nothing. */
  hostId: string;
  /** Base first. */
  diffIds: string[];
  /** What each adds. */
  bytes: number[];
  /** Whether that is known, not estimated. */
  exact: boolean;
}

export interface Layer {
  diffId: string;
  bytes: number;
  exact: boolean;
  /** How many images have it. */
  holders: number;
  /** Ids of the images whose last it is. */
  images: string[];
  above: Map<string, Layer>;
}
/** The layers of each host under one root, which is none itself. */
export type Forest = Map<string, Layer>;

export function plant(images: Iterable<Layered>): Forest {
  const forest: Forest = new Map();
  for (const image of images) {
    let at = forest.get(image.hostId) ?? newLayer("");
    forest.set(image.hostId, at);
    for (const [index, diffId] of image.diffIds.entries()) {
      const layer = at.above.get(diffId) ?? newLayer(diffId);
      at.above.set(diffId, layer);
      if (!layer.exact) Object.assign(layer, sizeIn(image, index, layer));
      layer.holders += 1;
      at = layer;
    }
    at.images.push(image.id);
  }
  return forest;
}

/** What is known goes before an estimate, and of estimates the first counts. */
function sizeIn({ bytes, exact }: Layered, index: number, layer: Layer): Pick<Layer, "bytes" | "exact"> {
  return exact || layer.holders === 0 ? { bytes: bytes[index] ?? 0, exact } : layer;
}

function newLayer(diffId: string): Layer {
  return { diffId, bytes: 0, exact: false, holders: 0, images: [], above: new Map() };
}

/** What the image shares with others of the forest, and what only it has: what would be free without it. */
export function shares(forest: Forest, image: Layered): { sharedBytes: number; uniqueBytes: number } {
  const layers = layersOf(forest, image);
  return {
    sharedBytes: sum(layers.filter(({ holders }) => holders > 1)),
    uniqueBytes: sum(layers.filter(({ holders }) => holders <= 1)),
  };
}

/** Takes the image out; answers with the bytes of the layers that nobody has any more. */
export function uproot(forest: Forest, image: Layered): number {
  const layers = layersOf(forest, image);
  for (const layer of layers) layer.holders -= 1;
  const last = layers.at(-1) ?? forest.get(image.hostId);
  if (last) last.images = last.images.filter((id) => id !== image.id);
  return sum(layers.filter(({ holders }) => holders === 0));
}

/** Of all layers that somebody has, each once. */
export function forestBytes(forest: Forest): number {
  const of = (layer: Layer): number =>
    (layer.holders > 0 ? layer.bytes : 0) + layer.above.values().reduce((total, above) => total + of(above), 0);
  return forest.values().reduce((total, root) => total + of(root), 0);
}

function layersOf(forest: Forest, { hostId, diffIds }: Layered): Layer[] {
  const layers: Layer[] = [];
  let at = forest.get(hostId);
  for (const diffId of diffIds) {
    at = at?.above.get(diffId);
    if (at) layers.push(at);
  }
  return layers;
}

function sum(layers: Layer[]): number {
  return layers.reduce((total, { bytes }) => total + bytes, 0);
}

/** Layers that every image above has all of, as one. */
export interface Branch {
  node: number;
  parent: number | null;
  hostId: string;
  layers: { digest: string; bytes: number }[];
  bytes: number;
  images: string[];
}

/** The forest from the ground up, each branch after the one it grows on; the largest of its siblings first. */
export function branches(forest: Forest): Branch[] {
  const found: Branch[] = [];
  for (const [hostId, root] of forest) {
    if (root.images.length > 0) found.push(branchOf(found.length, null, hostId, [], root.images));
    for (const layer of byBytes(root)) grow(found, layer, null, hostId);
  }
  return found;
}

function grow(found: Branch[], from: Layer, parent: number | null, hostId: string): void {
  const layers = [from];
  let top = from;
  for (;;) {
    const [only, ...others] = top.above.values();
    if (!only || others.length > 0 || top.images.length > 0) break;
    layers.push(only);
    top = only;
  }
  const node = found.length;
  found.push(branchOf(node, parent, hostId, layers, top.images));
  for (const layer of byBytes(top)) grow(found, layer, node, hostId);
}

function branchOf(node: number, parent: number | null, hostId: string, layers: Layer[], images: string[]): Branch {
  return {
    node,
    parent,
    hostId,
    layers: layers.map(({ diffId, bytes }) => ({ digest: diffId, bytes })),
    bytes: sum(layers),
    images,
  };
}

function byBytes({ above }: Layer): Layer[] {
  return [...above.values()].toSorted((a, b) => b.bytes - a.bytes || (a.diffId < b.diffId ? -1 : 1));
}
