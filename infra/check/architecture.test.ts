import assert from "node:assert/strict";
import { test } from "node:test";
import { checkImports } from "./architecture.ts";
import { readImports } from "./imports.ts";

const check = (file: string, workspace: string, text: string, isTest = false) =>
  checkImports({ file, workspace, text, isTest });

test("every way to import is seen, and types are told from values", () => {
  const source = `
    import a, { b as c, type D } from "one";
    import type { E } from "two";
    export * from "three";
    import "four";
    import {
      f,
    } from "five";
    const g = await import("six");`;
  assert.deepEqual(readImports(source), [
    { specifier: "one", values: ["a", "b"] },
    { specifier: "two", values: [] },
    { specifier: "three", values: ["*"] },
    { specifier: "five", values: ["f"] },
    { specifier: "four", values: ["*"] },
    { specifier: "six", values: ["*"] },
  ]);
});

test("a package imports only what the table allows", () => {
  assert.equal(check("packages/db/src/a.ts", "packages/db", 'import { x } from "@hafen/core";').length, 1);
  assert.equal(
    check("packages/core/src/a.ts", "packages/core", 'import { openEngine } from "@hafen/engine";').length,
    1,
  );
  assert.deepEqual(
    check("packages/core/src/a.ts", "packages/core", 'import { EngineError, type Engine } from "@hafen/engine";'),
    [],
  );
  assert.deepEqual(
    check("packages/core/src/a.test.ts", "packages/core", 'import { memoryEngine } from "@hafen/engine";', true),
    [],
  );
});

test("a wrapped library is not used past its wrapper, and no path leaves its package", () => {
  assert.equal(check("apps/worker/src/a.ts", "apps/worker", 'import Docker from "dockerode";').length, 1);
  assert.equal(check("apps/api/src/a.ts", "apps/api", 'import { x } from "../../worker/src/x.ts";').length, 1);
});
