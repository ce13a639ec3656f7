import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { layerBytesOf } from "./layer-bytes.ts";
import { branches, forestBytes, plant, shares, uproot, type Layered } from "./layer-forest.ts";

// Few layers and short chains, so that chains often share their beginnings; a layer's size is the layer's, whoever has it.
const sizeOf = (diffId: string) => (diffId.charCodeAt(0) % 7) * 10;
const chains = fc.array(fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 5 }), { maxLength: 8 });
const images: fc.Arbitrary<Layered[]> = fc
  .tuple(chains, fc.infiniteStream(fc.constantFrom("one", "two")))
  .map(([all, hosts]) =>
    all.map((diffIds, at) => ({
      id: `img${at}`,
      hostId: String(hosts.next().value),
      diffIds,
      bytes: diffIds.map(sizeOf),
      exact: true,
    })),
  );
const total = (all: Layered[]) => forestBytes(plant(all));
/** By definition: each chain of a host once. */
const byHand = (all: Layered[]) => {
  const chainsSeen = new Map(
    all.flatMap(({ hostId, diffIds }) =>
      diffIds.map((diffId, at) => [`${hostId} ${diffIds.slice(0, at + 1).join()}`, sizeOf(diffId)] as const),
    ),
  );
  return [...chainsSeen.values()].reduce((sum, bytes) => sum + bytes, 0);
};

test("all layers together are each counted once", () => {
  fc.assert(fc.property(images, (all) => assert.equal(total(all), byHand(all))));
});

test("an image frees exactly what the rest is smaller without it, and shares the rest of itself", () => {
  fc.assert(
    fc.property(images, (all) => {
      for (const image of all) {
        const { sharedBytes, uniqueBytes } = shares(plant(all), image);
        const without = all.filter((other) => other !== image);
        assert.equal(uniqueBytes, byHand(all) - byHand(without));
        assert.equal(
          sharedBytes + uniqueBytes,
          image.bytes.reduce((sum, bytes) => sum + bytes, 0),
        );
      }
    }),
  );
});

test("images taken out one after the other free each layer once, in whatever order", () => {
  fc.assert(
    fc.property(images, fc.nat({ max: 8 }), (all, count) => {
      const forest = plant(all);
      const going = all.slice(0, count);
      const freed = going.reduce((sum, image) => sum + uproot(forest, image), 0);
      assert.equal(freed, byHand(all) - byHand(all.slice(count)));
      assert.equal(forestBytes(forest), byHand(all.slice(count)));
      for (const image of all.slice(count))
        assert.deepEqual(shares(forest, image), shares(plant(all.slice(count)), image));
    }),
  );
});

test("the tree has each image once, at the end of its own layers, and every layer once", () => {
  fc.assert(
    fc.property(images, (all) => {
      const tree = branches(plant(all));
      assert.deepEqual(
        tree.map(({ node }) => node),
        tree.map((_, at) => at),
      );
      assert.deepEqual(tree.flatMap((branch) => branch.images).toSorted(), all.map(({ id }) => id).toSorted());
      assert.equal(
        tree.reduce((sum, { bytes }) => sum + bytes, 0),
        byHand(all),
      );
      for (const { node, parent } of tree) assert.ok(parent === null || parent < node);
      for (const image of all) {
        const path: string[] = [];
        let at = tree.find((branch) => branch.images.includes(image.id));
        assert.equal(at?.hostId, image.hostId);
        for (; at; at = at.parent === null ? undefined : tree[at.parent])
          path.unshift(...at.layers.map(({ digest }) => digest));
        assert.deepEqual(path, image.diffIds);
      }
    }),
  );
});

test("what one image knows of a layer goes before what another estimates", () => {
  const guess: Layered = { id: "guess", hostId: "one", diffIds: ["a", "b"], bytes: [1, 2], exact: false };
  const known: Layered = { id: "known", hostId: "one", diffIds: ["a"], bytes: [10], exact: true };
  for (const all of [
    [guess, known],
    [known, guess],
  ])
    assert.deepEqual(shares(plant(all), guess), { sharedBytes: 10, uniqueBytes: 2 });
});

test("sizes that were kept are the layers'; else the history tells, and nothing of it is lost", () => {
  assert.deepEqual(layerBytesOf({ diffIds: ["a", "b"], layerBytes: [5, 0] }, []), [5, 0]);
  assert.deepEqual(layerBytesOf({ diffIds: ["a", "b"], layerBytes: [] }, [0, 7, 0, 5]), [5, 7]);
  const sizes = fc.array(fc.nat({ max: 100 }), { maxLength: 10 });
  fc.assert(
    fc.property(sizes, fc.nat({ max: 10 }), (history, count) => {
      const diffIds = Array.from({ length: count }, (_, at) => `layer${at}`);
      const told = layerBytesOf({ diffIds, layerBytes: [] }, history);
      assert.equal(told.length, count);
      const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
      if (count > 0) assert.equal(sum(told), sum(history));
    }),
  );
});
