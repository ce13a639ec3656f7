import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { emitDockerfile, pin } from "./pin.ts";
import { readDockerfile } from "./read-dockerfile.ts";
import { externalReferences, stages } from "./stages.ts";

const ID = `sha256:${"1".repeat(64)}`;
const OTHER = `sha256:${"2".repeat(64)}`;
const base = (text: string, args: Record<string, string> = {}): unknown =>
  stages(readDockerfile(text), args).at(-1)?.base;
const image = (reference: string): unknown => ({ kind: "image", reference });

const BASES: [title: string, text: string, args: Record<string, string>, expected: unknown][] = [
  ["a plain reference", "FROM debian:12", {}, image("debian:12")],
  ["an id", `FROM ${ID}`, {}, image(ID)],
  ["quotes", "FROM \"debian\":'12'", {}, image("debian:12")],
  ["scratch", "FROM scratch", {}, { kind: "scratch" }],
  ["an earlier stage in any case", "FROM a AS Base\nFROM bASE", {}, { kind: "stage", index: 0 }],
  ["its own name", "FROM debian AS debian", {}, image("debian")],
  ["a number, which is no stage", "FROM a\nFROM 0", {}, image("0")],
  ["a stage called scratch", "FROM a AS scratch\nFROM scratch", {}, { kind: "stage", index: 0 }],
  ["$X", "ARG X=debian\nFROM $X", {}, image("debian")],
  ["${X} within", "ARG V=12\nFROM debian:${V}-slim", {}, image("debian:12-slim")],
  ["a build argument over the default", "ARG X=a\nFROM $X", { X: "b" }, image("b")],
  ["an undeclared build argument, unused", "FROM ${X:-c}", { X: "b" }, image("c")],
  ["${X:-d} unset", "ARG X\nFROM ${X:-d}", {}, image("d")],
  ["${X:-d} set", "ARG X=e\nFROM ${X:-d}", {}, image("e")],
  ["${X:+a}", "ARG X=1\nFROM b${X:+:a}", {}, image("b:a")],
  ["${X:+a} unset", "ARG X\nFROM b${X:+:a}", {}, image("b")],
  ["nested defaults", "ARG A\nARG B=z\nFROM ${A:-${B:-c}}", {}, image("z")],
  ["an ARG made of ARGs", "ARG A=x B=y\nARG C=$A/${B}\nFROM $C", {}, image("x/y")],
  ["an ARG in quotes", 'ARG A="x:1"\nFROM $A', {}, image("x:1")],
  ["an ARG in single quotes, not expanded", "ARG A=x\nARG B='$A'\nFROM a${B:+b}", {}, image("ab")],
  ["a stage by variable", "ARG S=one\nFROM a AS one\nFROM $S", {}, { kind: "stage", index: 0 }],
  ["a prototype's name, not as argument", "ARG toString\nFROM ${toString:-ok}", {}, image("ok")],
];
for (const [title, text, args, expected] of BASES)
  test(`FROM resolves ${title}`, () => assert.deepEqual(base(text, args), expected));

const REFUSED: [title: string, text: string, reason: RegExp][] = [
  ["an unset variable", "FROM $X", /line 1.*empty/],
  ["an ARG of another stage", "FROM a\nARG X=b\nFROM $X", /line 3.*empty/],
  ["an unclosed brace", "ARG X=1\nFROM ${X:-a", /not closed/],
  ["an unclosed quote", "FROM 'x", /not closed/],
  ["an unknown operator", "ARG X=1\nFROM ${X%%a}", /known/],
  ["a required variable", "ARG X\nFROM ${X:?gone}", /not set/],
  ["a bad reference", "FROM Debian", /line 1.*lower case/],
  ["a URL", "FROM http://x/y", /not an image name/],
  ["a second stage of one name", "FROM a AS x\nFROM b AS X", /there already/],
  ["another platform", "FROM --platform=linux/arm64 a", /linux\/amd64/],
  ["COPY from a later stage", "FROM a\nCOPY --from=x a b\nFROM b AS x", /later/],
  ["COPY from itself", "FROM a AS x\nCOPY --from=x a b", /this stage or a later/],
  ["COPY from its own number", "FROM a\nCOPY --from=0 a b", /no earlier stage/],
  ["COPY from a negative number", "FROM a\nFROM b\nCOPY --from=-1 a b", /no earlier stage/],
  ["COPY from a variable", "ARG X=a\nFROM a\nCOPY --from=$X a b", /no variables/],
  ["COPY from scratch", "FROM a\nCOPY --from=scratch a b", /nothing to copy/],
  ["a value that doubles", `ARG A=xxxx\n${"ARG A=$A$A\n".repeat(40)}FROM $A`, /grows/],
  ["endless nesting", `FROM ${"${a:-".repeat(5000)}x${"}".repeat(5000)}`, /nests/],
];
for (const [title, text, reason] of REFUSED) {
  test(`${title} is refused with the reason`, () => {
    assert.throws(
      () => stages(readDockerfile(text), {}),
      (error: { code?: string; detail?: string }) => {
        assert.equal(error.code, "dockerfile_invalid");
        assert.match(error.detail ?? "", reason);
        return true;
      },
    );
  });
}

test("platforms of this host are taken and dropped from what the engine sees", () => {
  const file = readDockerfile("FROM --platform=$BUILDPLATFORM a AS b\nFROM --platform=linux/amd64 b");
  assert.equal(stages(file, {})[0]?.platform, "linux/amd64");
  assert.equal(pin(file, {}, new Map([["a", ID]])), `FROM ${ID} AS b\nFROM b\n`);
});

const MULTI = `# syntax=docker/dockerfile:1
ARG V=12
FROM debian:$V AS Build
COPY --from=tools:1 --chown=1:2 /a /b
RUN ["a",  "b"]
FROM scratch AS files
COPY --from=0 /x /y
FROM build
COPY --from=FILES /x /y
COPY --from=debian:12 /e /f
ONBUILD RUN x
`;

test("external references come once each, in order", () => {
  assert.deepEqual(externalReferences(readDockerfile(MULTI), {}), ["debian:12", "tools:1"]);
  assert.deepEqual(externalReferences(readDockerfile(MULTI), { V: "13" }), ["debian:13", "tools:1", "debian:12"]);
});

test("pinned text names stages and ids only", () => {
  const text = pin(
    readDockerfile(MULTI),
    {},
    new Map([
      ["debian:12", ID],
      ["tools:1", OTHER],
    ]),
  );
  assert.equal(
    text,
    `ARG V=12
FROM ${ID} AS build
COPY --from=${OTHER} --chown=1:2 /a /b
RUN ["a",  "b"]
FROM scratch AS files
COPY --from=build /x /y
FROM build
COPY --from=files /x /y
COPY --from=${ID} /e /f
ONBUILD RUN x
`,
  );
  assert.deepEqual(externalReferences(readDockerfile(text), {}), [ID, OTHER]);
});

test("the backtick directive is kept", () => {
  const text = pin(readDockerfile("# escape=`\nFROM a\nCOPY x c:\\"), {}, new Map([["a", ID]]));
  assert.equal(text, `# escape=\`\nFROM ${ID}\nCOPY x c:\\\n`);
});

test("a reference without a pin, or pinned to a name, throws", () => {
  assert.throws(() => pin(readDockerfile("FROM a"), {}, new Map()), /not pinned/);
  assert.throws(() => pin(readDockerfile("FROM a"), {}, new Map([["a", "b:latest"]])), /not pinned/);
});

test("whatever is read, pinned text reaches no image that was not pinned", () => {
  const line = fc.constantFrom(
    "FROM a",
    "FROM b AS s",
    "FROM s",
    "FROM $X",
    "COPY --from=s x y",
    "COPY --from=c x y",
    "COPY --from=0 x y",
    "RUN x",
    "FROM scratch AS t",
    "COPY --from=t x y",
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const source = `ARG X=d\nFROM a AS first\n${lines.join("\n")}`;
      let references: string[];
      const file = readDockerfile(source);
      try {
        references = externalReferences(file, {});
      } catch (error) {
        assert.equal((error as { code?: string }).code, "dockerfile_invalid");
        return;
      }
      const pins = new Map(references.map((reference, i) => [reference, `sha256:${String(i).padStart(64, "0")}`]));
      const text = pin(file, {}, pins);
      const again = readDockerfile(text);
      assert.deepEqual(externalReferences(again, {}), [...pins.values()]);
      assert.equal(emitDockerfile(again), text);
      const kinds = (d: typeof file): unknown =>
        stages(d, {}).map(({ base: { kind }, copies }) => [kind, copies.map(({ from }) => from.kind)]);
      assert.deepEqual(kinds(again), kinds(file));
    }),
    { numRuns: 2000 },
  );
});
