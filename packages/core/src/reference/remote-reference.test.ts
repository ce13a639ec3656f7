import assert from "node:assert/strict";
import test from "node:test";
import { registryName, remoteReference } from "./remote-reference.ts";

const HEX = `sha256:${"a".repeat(64)}`;

test("what docker leaves unsaid is filled in, and the name here is as docker pull gives it", () => {
  const rows: [written: string, full: string, localName: string | undefined][] = [
    ["debian", "docker.io/library/debian:latest", "debian:latest"],
    ["debian:bookworm", "docker.io/library/debian:bookworm", "debian:bookworm"],
    ["team/app", "docker.io/team/app:latest", "team/app:latest"],
    ["docker.io/debian", "docker.io/library/debian:latest", "debian:latest"],
    ["index.docker.io/library/debian", "docker.io/library/debian:latest", "debian:latest"],
    ["docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"],
    ["ghcr.io/team/app:1", "ghcr.io/team/app:1", "ghcr.io/team/app:1"],
    ["GHCR.io/team/app", "ghcr.io/team/app:latest", "ghcr.io/team/app:latest"],
    ["ghcr.io:443/team/app", "ghcr.io/team/app:latest", "ghcr.io/team/app:latest"],
    ["127.0.0.1:5000/x:y", "127.0.0.1:5000/x:y", "127.0.0.1:5000/x:y"],
    [`debian@${HEX}`, `docker.io/library/debian@${HEX}`, undefined],
    [`ghcr.io/a:1@${HEX}`, `ghcr.io/a@${HEX}`, undefined],
  ];
  for (const [written, full, localName] of rows) {
    const found = remoteReference(written);
    assert.deepEqual([found.full, found.localName], [full, localName], written);
    assert.equal(found.full.split("/")[0], found.registry);
  }
});

test("a registry has one name, and what is none is refused", () => {
  for (const [text, name] of [
    ["docker.io", "docker.io"],
    ["INDEX.docker.io", "docker.io"],
    ["registry-1.docker.io", "docker.io"],
    ["Quay.io", "quay.io"],
    ["localhost", "localhost"],
    ["[::1]:5000", "[::1]:5000"],
    ["registry.example:5000", "registry.example:5000"],
  ] as const)
    assert.equal(registryName(text), name);
  for (const text of [
    "",
    "a",
    "https://ghcr.io",
    "ghcr.io/team",
    "user@ghcr.io",
    "ghcr.io:port",
    "a b.c",
    "-x.y",
    "x.y:1/",
  ])
    assert.throws(() => registryName(text), { code: "reference_invalid" }, text);
  assert.throws(() => remoteReference("scratch"), { code: "reference_invalid" });
});
