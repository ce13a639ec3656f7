import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePlan } from "./address-plan.ts";

test("the same home gets the same addresses, in one block", () => {
  const plan = choosePlan("0000002a", []);
  assert.deepEqual(plan, choosePlan("0000002a", []));
  assert.equal(plan?.block, "10.42.0.0/16");
  assert.equal(plan?.engineAddress, "10.42.0.2");
});

test("a block that the machine already routes, or whose resolver lies in it, is passed over", () => {
  assert.equal(choosePlan("0000002a", ["10.42.7.0/24", "10.43.0.0/15"])?.block, "10.44.0.0/16");
  assert.equal(choosePlan("0000002a", ["10.42.0.53"])?.block, "10.43.0.0/16");
  assert.equal(choosePlan("0000002a", ["10.0.0.0/8"])?.block, "172.16.0.0/16");
});

test("a machine that routes every private block gets no plan", () => {
  assert.equal(choosePlan("0000002a", ["10.0.0.0/8", "172.16.0.0/12"]), undefined);
});
