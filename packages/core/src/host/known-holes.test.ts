import assert from "node:assert/strict";
import { test } from "node:test";
import { knownHoles } from "./known-holes.ts";

const codes = (name: string, version: string, build = "") =>
  knownHoles([{ name, version, build }]).map(({ code }) => code);

test("Debian's runc of bookworm has one hole mended under its old version, and the later ones open", () => {
  const found = codes("runc", "1.1.5+ds1", "1.1.5+ds1-1+deb12u1");
  assert.ok(!found.includes("CVE-2024-21626"), found.join());
  assert.deepEqual(
    found.filter((code) => code.startsWith("CVE-2025")),
    ["CVE-2025-31133", "CVE-2025-52565", "CVE-2025-52881"],
  );
  assert.ok(codes("runc", "1.1.5+ds1", "1.1.5+ds1-1").includes("CVE-2024-21626"));
  assert.ok(!codes("runc", "1.1.5+ds1", "1.1.5+ds1-1+deb12u10").includes("CVE-2024-21626"));
});

test("a fix counts from its version on, on its own branch; older branches keep the hole and newer ones never had it", () => {
  const has = (version: string) => codes("runc", version).includes("CVE-2025-31133");
  assert.deepEqual(
    ["1.1.99", "1.2.7", "1.2.8", "1.3.2", "1.3.3", "1.4.0-rc.2", "1.4.0-rc.3", "1.4.0", "1.5.0-rc.1", "2.0.0"].filter(
      has,
    ),
    ["1.1.99", "1.2.7", "1.3.2", "1.4.0-rc.2"],
  );
  assert.ok(codes("engine", "24.0.9").includes("CVE-2024-29018"), "24 was never mended");
  assert.deepEqual(codes("engine", "28.2.2"), []);
});

test("what cannot be read as a version has every hole; a component that Hafen knows nothing of has none", () => {
  assert.ok(codes("runc", "unknown").includes("CVE-2024-21626"));
  assert.deepEqual(codes("docker-init", "0.19.0"), []);
});

test("a warning says what is installed, what the hole opens and which versions have it mended", () => {
  const [warning] = knownHoles([{ name: "containerd", version: "1.6.10", build: "abc" }]);
  assert.deepEqual(warning, {
    code: "CVE-2023-25173",
    component: "containerd",
    version: "1.6.10",
    severity: "low",
    detail:
      "A process keeps groups that it was to lose. Mended in containerd 1.5.18, 1.6.18: install one of these, or newer.",
  });
});
