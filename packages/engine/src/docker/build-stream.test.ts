import assert from "node:assert/strict";
import { test } from "node:test";
import { buildFailure } from "./build-failure.ts";
import { buildReader } from "./build-stream.ts";

const read = (...texts: string[]) => {
  const reader = buildReader(() => 0);
  return texts.map((stream) => reader({ stream }));
};

test("a step's output cannot speak for the engine before its container is removed", () => {
  const messages = read(
    "Step 1/2 : FROM a",
    "\n",
    " ---> 0123456789ab\n",
    "Step 2/2 : RUN x",
    "\n",
    " ---> Running in aaaaaaaaaaaa\n",
    "Removing intermediate container bbbbbbbbbbbb\n",
    " ---> Running in bbbbbbbbbbbb\n",
    "Step 3/2 : RUN y",
    "Removing intermediate container aaaaaaaaaaaa\n",
    " ---> bbbbbbbbbbbb\n",
  );
  assert.deepEqual(
    messages.map((message) => message?.type),
    ["step", undefined, "layer", "step", undefined, "running", "log", "log", "log", undefined, "layer"],
  );
});

test("a step counts only as the next one of the same total", () => {
  const messages = read("Step 1/3 : FROM a", "Step 3/3 : RUN x", "Step 2/4 : RUN x", "Step 2/3 : RUN x");
  assert.deepEqual(
    messages.map((message) => message?.type),
    ["step", "log", "log", "step"],
  );
});

test("what the builder paints red is stderr, without the paint", () => {
  const [message] = read("\u001b[91mwarning\n\u001b[0m");
  assert.deepEqual(message, { type: "log", stream: "stderr", text: "warning\n", atMs: 0 });
});

test("ids come from aux alone", () => {
  const reader = buildReader(() => 0);
  assert.equal(reader({ stream: "Successfully built 0123456789ab\n" }), undefined);
  assert.deepEqual(reader({ aux: { ID: "sha256:x" } }), { type: "image", imageId: "sha256:x", atMs: 0 });
});

test("a failure keeps its kind and its exit code however long the command is, and no half of a character", () => {
  for (const command of ["x".repeat(100_000), "😀".repeat(50_000), ` ${"😀".repeat(50_000)}`]) {
    const failure = buildFailure(`The command '${command}' returned a non-zero code: 7`, undefined, "RUN x");
    assert.deepEqual([failure.kind, failure.exitCode], ["run_failed", 7]);
    assert.match(failure.message, /^The command .* returned a non-zero code: 7$/);
    assert.ok(failure.message.length < 3_000 && failure.message.isWellFormed());
  }
});

test("a failure keeps its kind whatever words the user put into it", () => {
  const cases: [string, string | undefined, string][] = [
    ["The command '/bin/sh -c echo no such image COPY failed' returned a non-zero code: 7", "RUN x", "run_failed"],
    [
      "COPY failed: file not found in build context or excluded by .dockerignore: stat no space left on device: file does not exist",
      "COPY",
      "copy_failed",
    ],
    ["forbidden path outside the build context: ../x ()", "COPY", "copy_failed"],
    ["failed to reach build target x in Dockerfile", undefined, "target_not_found"],
    ["dockerfile parse error line 2: unknown instruction: RUNX", undefined, "dockerfile_invalid"],
    ["pull access denied for x, repository does not exist or may require 'docker login'", "FROM x", "base_not_found"],
    [
      'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
      "FROM x",
      "base_not_found",
    ],
    ["max depth exceeded", "COPY x y", "build_failed"],
  ];
  for (const [message, instruction, kind] of cases)
    assert.equal(buildFailure(message, undefined, instruction).kind, kind, message);
  assert.equal(buildFailure("The command 'x' returned a non-zero code: 7", 7, "RUN x").exitCode, 7);
  assert.throws(() => buildFailure("write /var/lib/x: no space left on device", undefined, "COPY x y"), {
    kind: "no_space",
  });
});
