import assert from "node:assert/strict";
import { test } from "node:test";
import { toPathInfo } from "./path-info.ts";

const header = (mode: number, linkTarget = "") =>
  Buffer.from(JSON.stringify({ name: "x", size: 7, mode, mtime: "2026-01-02T03:04:05Z", linkTarget })).toString(
    "base64",
  );

test("Go's modes become the kernel's, and what is neither file, directory nor link is something else", () => {
  const said: [number, string, number][] = [
    [0o644, "file", 0o644],
    [0x8000_0000 + 0o755, "directory", 0o755],
    [0x8000_0000 + 0x0010_0000 + 0o777, "directory", 0o1777],
    [0x0800_0000 + 0o777, "symlink", 0o777],
    [0x0080_0000 + 0o755, "file", 0o4755],
    [0x0040_0000 + 0o755, "file", 0o2755],
    [0x0200_0000 + 0o600, "other", 0o600],
    [0x0100_0000 + 0o600, "other", 0o600],
    [0x0420_0000 + 0o600, "other", 0o600],
  ];
  for (const [mode, type, permissions] of said) {
    const info = toPathInfo(header(mode));
    assert.deepEqual([info.type, info.mode, info.sizeBytes, info.linkTarget], [type, permissions, 7, undefined]);
  }
  assert.equal(toPathInfo(header(0x0800_0000, "/etc")).linkTarget, "/etc");
  assert.throws(() => toPathInfo(undefined), { kind: "unavailable" });
});
