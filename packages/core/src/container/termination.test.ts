import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ContainerInfo } from "@hafen/engine";
import { startRefused, terminationOf, toIso } from "./termination.ts";

const AT = "2026-01-02T03:04:05.678901234Z";
const info = (fields: Partial<ContainerInfo>): ContainerInfo => ({
  id: "e",
  name: "ctr",
  labels: {},
  imageId: "sha256:0",
  state: "exited",
  oomKilled: false,
  pid: 0,
  createdAt: AT,
  finishedAt: AT,
  mounts: [],
  networks: {},
  addresses: [],
  ...fields,
});
const LIMITS = { cpus: 1, memoryBytes: 1000, pids: 10 };
const runs = {
  desired: "running" as const,
  stopRequest: null,
  limits: LIMITS,
  startDue: false,
  ttlSeconds: 60,
  idleTimeoutSeconds: 90,
};
const stopped = { ...runs, desired: "exited" as const, stopRequest: { graceSeconds: 10, by: "usr_1" } };

describe("the cause of an end", () => {
  const CASES = [
    ["exit code 0 is completed", runs, { exitCode: 0 }, { cause: "completed", exitCode: 0 }],
    ["another exit code is an error", runs, { exitCode: 3 }, { cause: "error", exitCode: 3 }],
    [
      "128 and a signal's number is that signal",
      runs,
      { exitCode: 143 },
      { cause: "signal", exitCode: 143, signal: "SIGTERM" },
    ],
    [
      "a time to live that was over is ttl, with its span",
      { ...stopped, stopRequest: { graceSeconds: 10, by: "hafen", cause: "ttl" as const } },
      { exitCode: 143 },
      { cause: "ttl", exitCode: 143, afterSeconds: 60 },
    ],
    [
      "an idle timeout that was over is idle, with its span",
      { ...stopped, stopRequest: { graceSeconds: 10, by: "hafen", cause: "idle" as const } },
      { exitCode: 0 },
      { cause: "idle", exitCode: 0, afterSeconds: 90 },
    ],
    ["128 alone is no signal", runs, { exitCode: 128 }, { cause: "error", exitCode: 128 }],
    ["255 is no signal", runs, { exitCode: 255 }, { cause: "error", exitCode: 255 }],
    [
      "a kill for memory is oom, with the limit",
      runs,
      { exitCode: 137, oomKilled: true },
      { cause: "oom", exitCode: 137, limitBytes: 1000 },
    ],
    [
      "a process that outlived a child's kill for memory completed",
      runs,
      { exitCode: 0, oomKilled: true },
      { cause: "completed", exitCode: 0 },
    ],
    [
      "what was asked to stop was stopped, by whom",
      stopped,
      { exitCode: 143 },
      { cause: "stopped", exitCode: 143, by: "usr_1" },
    ],
    [
      "what was asked to stop was stopped also when it was killed",
      stopped,
      { exitCode: 137 },
      { cause: "stopped", exitCode: 137, by: "usr_1" },
    ],
    [
      "what was asked to stop was stopped also when a child was killed for memory before",
      stopped,
      { exitCode: 143, oomKilled: true },
      { cause: "stopped", exitCode: 143, by: "usr_1" },
    ],
    [
      "a stop request of an earlier run, as a restart leaves it, says nothing",
      { ...stopped, desired: "running" as const },
      { exitCode: 1 },
      { cause: "error", exitCode: 1 },
    ],
  ] as const;
  for (const [what, row, seen, expected] of CASES) {
    test(what, () => {
      const { detail, at, ...rest } = terminationOf(row, info(seen));
      assert.deepEqual(rest, expected);
      assert.equal(at, "2026-01-02T03:04:05.678Z");
      assert.ok(detail.endsWith("."));
    });
  }
});

describe("a start that the engine refuses", () => {
  const now = new Date(AT);
  test("for a command that is not there ends with 127, and for one that cannot be executed with 126", () => {
    assert.equal(startRefused('exec: "x": executable file not found in $PATH', now)?.exitCode, 127);
    assert.equal(startRefused("stat /x: no such file or directory", now)?.exitCode, 127);
    assert.equal(startRefused('exec: "/etc": permission denied', now)?.exitCode, 126);
  });
  test("for anything else is not an end of the container", () => {
    assert.equal(startRefused("unable to find user x: no matching entries in passwd file", now), undefined);
  });
});

test("a time that the engine does not have or that is none is now", () => {
  for (const time of [undefined, "", "0001", "never"]) assert.ok(!Number.isNaN(Date.parse(toIso(time))));
});
