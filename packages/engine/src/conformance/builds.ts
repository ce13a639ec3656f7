import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BuildEvent } from "../engine.ts";
import { packTar } from "../tar.ts";
import { collect, isKind, type Subject } from "./subject.ts";

export function buildTests(get: () => Subject): void {
  const types = (events: BuildEvent[]) => events.map(({ type }) => type).filter((type) => type !== "log");
  const failure = (events: BuildEvent[]) => {
    const last = events.at(-1);
    assert.ok(last?.type === "failed", `the build should have failed: ${JSON.stringify(last)}`);
    return last;
  };

  describe("builds", () => {
    test("tell each step, its layer and its output, and end with the image", async () => {
      const { engine, build, base, runStep, unique } = get();
      const content = unique();
      const run = runStep([
        ["print", "out"],
        ["print-error", "err"],
      ]);
      const events = await build(
        { Dockerfile: `FROM ${base}\nCOPY f /f\n${run}\nCMD ["x"]\n`, f: content },
        { labels: { built: content } },
      );
      const steps = events.filter((event) => event.type === "step");
      assert.deepEqual(
        steps.map(({ number, total }) => [number, total]),
        [
          [1, 5],
          [2, 5],
          [3, 5],
          [4, 5],
          [5, 5],
        ],
      );
      assert.match(steps[1]?.instruction ?? "", /^COPY f \/f$/);
      const logs = events.filter((event) => event.type === "log");
      assert.equal(
        logs
          .filter(({ stream }) => stream === "stdout")
          .map(({ text }) => text)
          .join(""),
        "out\n",
      );
      assert.equal(
        logs
          .filter(({ stream }) => stream === "stderr")
          .map(({ text }) => text)
          .join(""),
        "err\n",
      );
      const built = events.at(-1);
      assert.ok(built?.type === "image");
      assert.equal(events.filter((event) => event.type === "layer").at(-1)?.imageId, built.imageId);
      const image = await engine.inspectImage(built.imageId);
      assert.deepEqual([image?.config.command, image?.config.labels["built"]], [["x"], content]);
    });

    test("are cached, unless asked not to", async () => {
      const { build, base, runStep, unique } = get();
      const files = { Dockerfile: `FROM ${base}\n${runStep([["print", unique()]])}\n` };
      const first = await build(files);
      assert.deepEqual(types(first), ["step", "layer", "step", "layer", "image"]);
      const second = await build(files);
      assert.deepEqual(types(second), ["step", "layer", "step", "cached", "layer", "image"]);
      const [a, b] = [first.at(-1), second.at(-1)];
      assert.ok(a?.type === "image" && b?.type === "image" && a.imageId === b.imageId);
      assert.deepEqual(types(await build(files, { noCache: true })), ["step", "layer", "step", "layer", "image"]);
    });

    test("are cached from the named images alone: from one, from what it stands on, and from none", async () => {
      const { build, base, runStep, unique } = get();
      const step = runStep([["print", unique()]]);
      const made = (await build({ Dockerfile: `FROM ${base}\n${step}\nLABEL a=b\nLABEL c=d\n` })).at(-1);
      assert.ok(made?.type === "image");
      const files = { Dockerfile: `FROM ${base}\n${step}\n` };
      const anew = ["step", "layer", "step", "layer", "image"];
      const found = ["step", "layer", "step", "cached", "layer", "image"];
      assert.deepEqual(types(await build(files, { cacheFrom: [] })), anew);
      assert.deepEqual(types(await build(files, { cacheFrom: [base] })), anew);
      assert.deepEqual(types(await build(files, { cacheFrom: [base, made.imageId] })), found);
    });

    test("a RUN that fails tells its exit code", async () => {
      const { build, base, runStep } = get();
      const { kind, exitCode } = failure(
        await build({
          Dockerfile: `FROM ${base}\n${runStep([
            ["print", "before"],
            ["exit", 7],
          ])}\n`,
        }),
      );
      assert.deepEqual([kind, exitCode], ["run_failed", 7]);
    });

    test("each mistake has its kind", async () => {
      const { build, base } = get();
      const kinds: [string, string, string?][] = [
        ["copy_failed", `FROM ${base}\nCOPY absent /\n`],
        ["base_not_found", `FROM ${get().prefix}absent:1\n`],
        ["dockerfile_invalid", `FROM ${base}\nRUNX\n`],
        ["target_not_found", `FROM ${base} AS one\n`, "two"],
      ];
      for (const [kind, Dockerfile, target] of kinds)
        assert.equal(failure(await build({ Dockerfile }, target ? { target } : {})).kind, kind);
      assert.equal(failure(await build({ other: "x" })).kind, "dockerfile_invalid");
    });

    test("output that looks like the engine's own is output", async () => {
      const { build, base, runStep } = get();
      const fakes = [
        "Step 3/3 : RUN evil",
        " ---> 0123456789ab",
        " ---> Using cache",
        "Successfully built 0123456789ab",
        " ---> Running in 0123456789ab",
      ];
      const run = runStep(fakes.map((text) => ["print", text]));
      const events = await build({ Dockerfile: `FROM ${base}\n${run}\nCMD ["x"]\n` }, { noCache: true });
      assert.deepEqual(types(events), ["step", "layer", "step", "layer", "step", "layer", "image"]);
      const printed = events
        .filter((event) => event.type === "log")
        .map(({ text }) => text)
        .join("");
      assert.equal(printed, fakes.map((text) => `${text}\n`).join(""));
    });

    test("an aborted build rejects as aborted", async () => {
      const { engine, request, base, runStep } = get();
      const leaving = new AbortController();
      const building = (async () => {
        const wanted = request({ Dockerfile: `FROM ${base}\n${runStep([["sleep"]])}\n` }, { noCache: true });
        for await (const event of engine.buildImage(wanted, { signal: leaving.signal })) {
          if (event.type === "step" && event.number === 2) leaving.abort();
        }
      })();
      await assert.rejects(building, isKind("aborted"));
    });

    test("leaving the iteration ends the build", async () => {
      const { engine, request, base, runStep } = get();
      const wanted = request({ Dockerfile: `FROM ${base}\n${runStep([["sleep"]])}\n` }, { noCache: true });
      for await (const event of engine.buildImage(wanted)) if (event.type === "step" && event.number === 2) break;
    });

    test("a context that breaks surfaces as itself", async () => {
      const { engine, request, base } = get();
      const broken = new Error("the upload broke off");
      async function* context() {
        yield packTar({ Dockerfile: `FROM ${base}\n` }).subarray(0, 600);
        throw broken;
      }
      await assert.rejects(
        collect(engine.buildImage(request({}, { context: context() }))),
        (error) => error === broken,
      );
    });
  });
}
