import assert from "node:assert/strict";
import { test } from "node:test";
import { elementsOf } from "./elements.ts";

const MAC = "02:00:00:00:00:01";
const ranges = (...allow: string[]) => elementsOf(MAC, { policy: "allow-list", allow });

test("no element overlaps another, whatever an allow-list says twice", () => {
  assert.deepEqual(ranges("203.0.113.80", "203.0.113.7/24", "203.0.113.0/24", "198.51.100.1").ranges, [
    `${MAC} . 203.0.113.0-203.0.113.255`,
    `${MAC} . 198.51.100.1`,
  ]);
  assert.deepEqual(ranges("0.0.0.0/0", "1.2.3.4").ranges, [`${MAC} . 0.0.0.0-255.255.255.255`]);
});

test("ranges with a port stand beside those without, and names in neither", () => {
  const {
    internet,
    ranges: whole,
    range_ports: ports,
  } = ranges("1.2.3.0/24:443", "1.2.3.4:443", "1.2.3.4:80", "a.example");
  assert.deepEqual(
    { internet, whole, ports },
    { internet: [], whole: [], ports: [`${MAC} . 1.2.3.0-1.2.3.255 . 443`, `${MAC} . 1.2.3.4 . 80`] },
  );
});

test("internet is one element, and none is none", () => {
  assert.deepEqual(elementsOf(MAC, { policy: "internet", allow: [] }).internet, [MAC]);
  assert.deepEqual(Object.values(elementsOf(MAC, { policy: "none", allow: [] })).flat(), []);
});
