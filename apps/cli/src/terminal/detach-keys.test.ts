import assert from "node:assert/strict";
import { test } from "node:test";
import { DetachKeys } from "./detach-keys.ts";

const P = "\u0010";
const Q = "\u0011";

function typed(...chunks: string[]) {
  const keys = new DetachKeys();
  let passed = "";
  for (const chunk of chunks) {
    const { pass, detach } = keys.take(Buffer.from(chunk));
    passed += Buffer.from(pass).toString();
    if (detach) return { passed, detached: true };
  }
  return { passed, detached: false };
}

test("Ctrl-P Ctrl-Q leaves, in one chunk or in two, and is not passed on", () => {
  assert.deepEqual(typed(`ls\n${P}${Q}more`), { passed: "ls\n", detached: true });
  assert.deepEqual(typed("a", P, Q), { passed: "a", detached: true });
  assert.deepEqual(typed(`${P}${P}${Q}`), { passed: P, detached: true });
});

test("a Ctrl-P that leads nowhere goes to the process", () => {
  assert.deepEqual(typed(P, "x"), { passed: `${P}x`, detached: false });
  assert.deepEqual(typed(`${Q}${P}`, P, "y"), { passed: `${Q}${P}${P}y`, detached: false });
});
