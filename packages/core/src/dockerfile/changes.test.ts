import assert from "node:assert/strict";
import test from "node:test";
import { readChanges } from "./changes.ts";

test("changes are written anew, each as one line", () => {
  const { instructions, stopSignal } = readChanges([
    'cmd ["a", "b"]',
    "ENV A=1 \\\n  B=2",
    "HEALTHCHECK --interval=5s CMD true",
    "ONBUILD run true",
    "STOPSIGNAL SIGINT",
    "# a comment\nLABEL x=y",
  ]);
  assert.deepEqual(instructions, [
    'CMD ["a", "b"]',
    "ENV A=1   B=2",
    "HEALTHCHECK --interval=5s CMD true",
    "ONBUILD RUN true",
    "LABEL x=y",
  ]);
  assert.equal(stopSignal, "SIGINT");
  assert.deepEqual(readChanges([]), { instructions: [] });
});

test("what is no change of a configuration is refused, with itself in the reason", () => {
  for (const change of [
    "",
    "RUN rm -rf /",
    "FROM debian",
    "COPY a b",
    "ADD a b",
    "ARG X",
    'SHELL ["sh"]',
    "MAINTAINER me",
    "CMD a\nRUN b",
    "ENV A=1\n\nENV B=2",
    "CMD",
    "ENV A=\0",
    "ONBUILD FROM x",
    "ONBUILD ONBUILD RUN x",
    "STOPSIGNAL $X",
    "STOPSIGNAL kill it",
    "HEALTHCHECK --start-interval=1s CMD true",
  ])
    assert.throws(() => readChanges([change]), { code: "dockerfile_invalid" }, change);
  assert.throws(() => readChanges(["ONBUILD ADD http://10.0.0.1/ /"]), { code: "remote_add_refused" });
});
