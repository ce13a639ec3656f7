import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FAULTS } from "./catalogue.ts";

const ROOT = join(import.meta.dirname, "..");
/** `test("F3 F4 what must hold…`, or its row in a table of faults. */
const NUMBERED = /(?:test\(\s*["`]|row: ")((?:F\d+ ?)+)/g;

test("each fault of the catalogue has a test that names it, or says why not, and each number is of the catalogue", () => {
  const files = globSync("{faults,api}/*.test.ts", { cwd: ROOT });
  const named = new Set(
    files.flatMap((file) =>
      [...readFileSync(join(ROOT, file), "utf8").matchAll(NUMBERED)].flatMap(([, rows = ""]) => rows.trim().split(" ")),
    ),
  );
  assert.deepEqual(
    [...named].filter((row) => !(row in FAULTS)),
    [],
  );
  const untested = Object.keys(FAULTS).filter((row) => FAULTS[row]?.untested !== undefined);
  assert.deepEqual(
    Object.keys(FAULTS).filter((row) => !named.has(row)),
    untested,
  );
});
