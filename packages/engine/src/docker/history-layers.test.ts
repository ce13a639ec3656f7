import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { layerEntries } from "./history-layers.ts";

const nop = (text: string) => `/bin/sh -c #(nop) ${text}`;
/** Newest first, as the engine tells them. */
function align(entries: [createdBy: string, sizeBytes: number][], layerCount: number): boolean[] | undefined {
  return layerEntries(
    entries.map(([createdBy, sizeBytes]) => ({ createdBy, sizeBytes })),
    layerCount,
  );
}

test("what has bytes made a layer, and what only configures did not", () => {
  const entries: [string, number][] = [
    [nop(' CMD ["sh"]'), 0],
    ["/bin/sh -c echo x > /x", 2],
    [nop(" ENV A=1"), 0],
    ["", 1_985_602],
  ];
  assert.deepEqual(align(entries, 2), [false, true, false, true]);
});

test("layers without bytes are found among the instructions that make some", () => {
  const entries: [string, number][] = [
    [nop('CMD ["sleep"]'), 0],
    [nop("WORKDIR /w"), 0],
    ["/bin/sh -c mkdir /d", 0],
    ["/bin/sh -c echo x > /x", 2],
    [nop("HEALTHCHECK &{[]}"), 0],
    ["", 1_985_602],
  ];
  assert.deepEqual(align(entries, 4), [false, true, true, true, false, true]);
});

test("a COPY of nothing goes before a RUN of nothing, and the older before the newer", () => {
  const entries: [string, number][] = [
    ["/bin/sh -c true", 0],
    [nop("COPY file:a in /b "), 0],
    ["RUN /bin/sh -c true # buildkit", 0],
    ["COPY /a /b # buildkit", 0],
    ["base", 5],
  ];
  assert.deepEqual(align(entries, 3), [false, true, false, true, true]);
  assert.deepEqual(align(entries, 4), [false, true, true, true, true]);
});

test("a layer whose entry says that it makes none is still found a place", () => {
  assert.deepEqual(align([[nop("ENV A=1"), 0]], 1), [true]);
});

test("a history that cannot have made the layers tells nothing", () => {
  assert.equal(align([], 1), undefined);
  assert.equal(
    align(
      [
        ["a", 1],
        ["b", 1],
      ],
      1,
    ),
    undefined,
  );
  assert.deepEqual(align([], 0), []);
});

test("an answer names as many entries as there are layers, every entry with bytes among them", () => {
  const entry = fc.record({
    createdBy: fc.constantFrom("", nop("CMD x"), nop("COPY a b"), "/bin/sh -c true", "ENV A # buildkit"),
    sizeBytes: fc.constantFrom(0, 0, 7),
  });
  fc.assert(
    fc.property(fc.array(entry), fc.nat(12), (entries, layerCount) => {
      const made = layerEntries(entries, layerCount);
      const certain = entries.filter(({ sizeBytes }) => sizeBytes > 0).length;
      assert.equal(made !== undefined, certain <= layerCount && layerCount <= entries.length);
      if (made === undefined) return;
      assert.equal(made.filter(Boolean).length, layerCount);
      entries.forEach(({ sizeBytes }, at) => assert.ok(sizeBytes === 0 || made[at]));
    }),
  );
});
