import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ACTIONS,
  BUILD_ENDS,
  BUILD_STATES,
  buildEnded,
  can,
  DESIRED,
  settled,
  SETTLES,
  STATES,
  type State,
} from "./lifecycle.ts";

describe("the lifecycle table", () => {
  test("names only states that exist, each once, and none as both allowed and fulfilled", () => {
    for (const [action, { from, to, again }] of Object.entries(ACTIONS)) {
      const all: readonly State[] = [...from, ...again];
      assert.deepEqual(
        all.filter((state) => !STATES.includes(state)),
        [],
        action,
      );
      assert.equal(new Set(all).size, all.length, `${action} is unambiguous`);
      assert.ok(DESIRED.includes(to), action);
    }
  });

  test("lets nothing but a removal be asked of a container that failed or is lost, and nothing of a removed one", () => {
    for (const action of Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]) {
      const isRemoval = action === "remove" || action === "forceRemove";
      assert.equal(can(action, "failed"), isRemoval, action);
      assert.equal(can(action, "lost"), isRemoval, action);
      assert.equal(can(action, "removed"), false, action);
    }
  });

  test("lets a removal by force be asked in every state that a removal is due in", () => {
    for (const state of STATES) {
      const isGoing = state === "removing" || state === "removed";
      assert.equal(can("forceRemove", state), !isGoing, state);
    }
    for (const state of ACTIONS.remove.from) assert.ok(can("forceRemove", state), state);
  });

  test("fulfils a request only in the state that it leads to", () => {
    for (const [action, { to, again }] of Object.entries(ACTIONS)) {
      for (const state of again as readonly State[])
        assert.ok(state === to || (state === "removing" && to === "removed"), `${action} in ${state}`);
    }
  });
});

describe("a row has come to rest", () => {
  test("in the state that is wanted, or where it can go no further", () => {
    for (const desired of DESIRED) {
      for (const state of STATES) {
        const expected = (SETTLES[desired] as readonly State[]).includes(state);
        assert.equal(settled({ desired, state, startDue: false }), expected, `${desired} ${state}`);
      }
      assert.ok(settled({ desired, state: desired, startDue: false }));
    }
  });

  test("not while a start is due: a container that runs and is to be restarted is under way", () => {
    assert.equal(settled({ desired: "running", state: "running", startDue: true }), false);
  });

  test("also with a start that is due or limits that are pending, once its host is gone", () => {
    assert.ok(settled({ desired: "running", state: "lost", startDue: true, pendingLimits: {} }));
    assert.equal(settled({ desired: "removed", state: "lost", startDue: false }), false);
  });

  test("never in a state that only passes", () => {
    for (const desired of DESIRED)
      for (const state of ["pending", "removing"] as const)
        assert.equal(settled({ desired, state, startDue: false }), false);
  });
});

test("a build has ended in exactly the states that are its ends", () => {
  for (const state of BUILD_STATES) assert.equal(buildEnded(state), (BUILD_ENDS as readonly string[]).includes(state));
  assert.deepEqual(
    BUILD_STATES.filter((state) => !buildEnded(state)),
    ["queued", "running"],
  );
});
