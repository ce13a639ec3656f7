import assert from "node:assert/strict";
import { test } from "node:test";
import { age, ago } from "./age.ts";
import { bytes } from "./bytes.ts";
import { columns, cut } from "./columns.ts";
import { inert } from "./inert.ts";
import { durationMs, memoryBytes, pair, pastTime, signalName } from "./quantities.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

test("ages are said as docker says them", () => {
  const said: [number, string][] = [
    [0, "Less than a second"],
    [SECOND, "1 second"],
    [59 * SECOND, "59 seconds"],
    [61 * SECOND, "About a minute"],
    [5 * 60 * SECOND, "5 minutes"],
    [HOUR, "About an hour"],
    [5 * HOUR, "5 hours"],
    [3 * DAY, "3 days"],
    [21 * DAY, "3 weeks"],
    [90 * DAY, "3 months"],
    [800 * DAY, "2 years"],
  ];
  for (const [ms, text] of said) assert.equal(age(ms), text);
  assert.equal(
    ago("2026-01-01T00:00:10Z", Date.parse("2026-01-01T00:00:00Z")),
    "Less than a second ago",
    "clocks differ",
  );
});

test("sizes are said as docker says them", () => {
  const said: [number, string][] = [
    [0, "0B"],
    [999, "999B"],
    [1500, "1.5kB"],
    [1_990_000, "1.99MB"],
    [123_456_789, "123MB"],
    [999_900_000, "1GB"],
  ];
  for (const [count, text] of said) assert.equal(bytes(count), text);
});

test("sizes, spans, signals and times are read as docker reads them", () => {
  assert.deepEqual(
    ["512m", "1g", "1.5GB", "64kib", "100"].map(memoryBytes),
    [536870912, 1073741824, 1610612736, 65536, 100],
  );
  assert.deepEqual(["90", "1h30m", "250ms", "2d"].map(durationMs), [90_000, 5_400_000, 250, 172_800_000]);
  assert.deepEqual(["term", "SIGINT", "9"].map(signalName), ["SIGTERM", "SIGINT", "SIGKILL"]);
  assert.deepEqual(
    [pair("a=b=c"), pair("a")],
    [
      ["a", "b=c"],
      ["a", ""],
    ],
  );
  assert.equal(pastTime("10m")(Date.parse("2026-01-01T00:10:00Z")).toISOString(), "2026-01-01T00:00:00.000Z");
  assert.equal(pastTime("1767225600")(0).toISOString(), "2026-01-01T00:00:00.000Z");
  for (const wrong of ["", "m", "5x", "-1m"]) assert.throws(() => memoryBytes(wrong), { name: "UsageError" });
  for (const wrong of ["", "soon", "5y", "1h3"]) assert.throws(() => durationMs(wrong), { name: "UsageError" });
});

test("a table's cells line up, wide characters too, and none can leave its place", () => {
  assert.deepEqual(
    columns(
      ["A", "B"],
      [
        ["港", "x"],
        ["long", "a\nb\u001b[31m"],
      ],
    ),
    ["A      B", "港     x", "long   a\\x0ab\\x1b[31m"],
  );
  assert.equal(inert("a\u202eb\u009bc\u007f"), "a\\u202eb\\x9bc\\x7f");
  assert.equal(cut("0123456789", 5), "0123…");
});
