import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { restartDelayMs, type Ended } from "./restart-policy.ts";

const ENDED: Ended = {
  restartPolicy: "always",
  restartMaximum: null,
  restartCount: 0,
  lastDelayMs: null,
  exitCode: 0,
  ranMs: 5,
};

describe("a container that ended by itself", () => {
  test("stays ended without a policy", () => {
    assert.equal(restartDelayMs({ ...ENDED, restartPolicy: "no", exitCode: 1 }), undefined);
  });

  test("is restarted by always and unless-stopped however it ended", () => {
    for (const restartPolicy of ["always", "unless-stopped"] as const)
      for (const exitCode of [0, 1, 137]) assert.equal(restartDelayMs({ ...ENDED, restartPolicy, exitCode }), 100);
  });

  test("is restarted by on-failure after a failure only, so often as was said", () => {
    const failing = { ...ENDED, restartPolicy: "on-failure" as const, exitCode: 1 };
    assert.equal(restartDelayMs({ ...failing, exitCode: 0 }), undefined);
    assert.equal(restartDelayMs({ ...failing, restartMaximum: 2, restartCount: 1 }), 100);
    assert.equal(restartDelayMs({ ...failing, restartMaximum: 2, restartCount: 2 }), undefined);
    for (const restartMaximum of [null, 0])
      assert.equal(restartDelayMs({ ...failing, restartMaximum, restartCount: 10_000 }), 100);
  });

  test("waits twice as long each time, a minute at most, and begins anew after ten seconds of running", () => {
    const delays: (number | undefined)[] = [];
    for (let lastDelayMs: number | null = null; delays.length < 12;) {
      const next = restartDelayMs({ ...ENDED, lastDelayMs });
      delays.push(next);
      lastDelayMs = next ?? null;
    }
    assert.deepEqual(delays, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
    assert.equal(restartDelayMs({ ...ENDED, lastDelayMs: 60_000, ranMs: 10_000 }), 100);
  });

  test("never waits less than before while it crashes, nor over a minute", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 60_000 }), fc.integer({ min: 0, max: 9_999 }), (lastDelayMs, ranMs) => {
        const next = restartDelayMs({ ...ENDED, lastDelayMs, ranMs });
        assert.ok(next !== undefined && next >= lastDelayMs && next <= 60_000);
      }),
    );
  });
});
