import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { CATALOGUE } from "./catalogue.ts";

const calls = globSync("*.test.ts", { cwd: import.meta.dirname }).flatMap((file) =>
  [...readFileSync(`${import.meta.dirname}/${file}`, "utf8").matchAll(/^ *abuse\(\s*"([^"]*)"/gm)].map(
    ([, row = ""]) => ({ file, row }),
  ),
);
const tested = new Set(calls.map(({ row }) => row));

test("each test of an attack is of a row of the catalogue", () => {
  const known = new Set(CATALOGUE.map(({ row }) => row));
  assert.deepEqual(
    calls.filter(({ row }) => !known.has(row)),
    [],
  );
});

test("each row has a test, or the reason why not", () => {
  const missing = CATALOGUE.filter(({ row, without }) => without === undefined && !tested.has(row));
  assert.deepEqual(missing, []);
  const stale = CATALOGUE.filter(({ row, without }) => without !== undefined && tested.has(row));
  assert.deepEqual(stale, [], "these have a test now: take the reason away");
});
