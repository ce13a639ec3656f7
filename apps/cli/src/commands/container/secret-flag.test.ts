import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../../failures.ts";
import { secretOf } from "./secret-flag.ts";

test("a secret is named as docker's swarm, compose and podman name it", () => {
  for (const [text, request] of [
    ["db", { name: "db" }],
    ["source=db", { name: "db" }],
    ["src=db,target=/x", { name: "db", target: "/x" }],
    ["source=db,target=pw,mode=0400", { name: "db", target: "/run/secrets/pw", mode: "0400" }],
    [
      "db,type=mount,target=/x,uid=1000,gid=1001,mode=440",
      { name: "db", target: "/x", uid: 1000, gid: 1001, mode: "440" },
    ],
  ] as const)
    assert.deepEqual(secretOf(text), request, text);
});

test("what is not understood is told, and a variable is refused", () => {
  for (const text of [
    "",
    "target=/x",
    "source=",
    "db,nosuch=1",
    "db,uid=x",
    "db,type=env,target=PW",
    "db,constructor=1",
  ])
    assert.throws(() => secretOf(text), UsageError, text);
});
