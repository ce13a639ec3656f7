import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { emitDockerfile } from "./pin.ts";
import { readDockerfile, readTrigger } from "./read-dockerfile.ts";

const REFUSED: [title: string, text: string, line: RegExp][] = [
  ["an empty file", "", /no FROM/],
  ["only comments", "# a\n\n#b\n", /no FROM/],
  ["only ARG", "ARG A=1\n", /no FROM/],
  ["RUN before FROM", "RUN x\nFROM a", /line 1.*RUN comes before FROM/],
  ["an unknown instruction", "FROM a\n\n# c\nRUNN x", /line 4.*"RUNN"/],
  ["a look-alike keyword", "FROM a\nU\u017fER x", /line 2/],
  ["a keyword without arguments", "FROM a\nRUN", /line 2.*RUN needs an argument/],
  ["a COPY with one word", "FROM a\nCOPY x", /line 2.*source and a target/],
  ["a COPY list of one", 'FROM a\nCOPY ["x"]', /line 2/],
  ["a COPY that starts as a list and is none", 'FROM a\nADD ["http://x", "y"] z', /line 2.*JSON/],
  ["a FROM with two words", "FROM a b", /line 1/],
  ["a FROM with a bad stage name", "FROM a AS 1x", /stage name/],
  ["a here-document in RUN", "FROM a\nRUN <<EOF\necho\nEOF", /line 2.*BuildKit/],
  ["a here-document after words", "FROM a\nRUN cat <<-'EOF' > x\n", /line 2.*BuildKit/],
  ["a here-document in COPY", "FROM a\nCOPY <<EOF /x\n", /line 2.*BuildKit/],
  ["a here-document with a descriptor", "FROM a\nRUN cat 3<<X\n", /line 2.*BuildKit/],
  ["RUN --mount", "FROM a\nRUN --mount=type=cache,target=/x ls", /line 2.*--mount needs BuildKit.*layer cache/],
  ["RUN --mount of no type", "FROM a\nRUN --mount=target=/x ls", /line 2.*--mount needs BuildKit.*COPY/],
  ["RUN --mount of a secret", "FROM a\nRUN --mount=id=x,type=secret ls", /line 2.*--mount needs BuildKit.*secret/],
  ["RUN --mount in quotes", 'FROM a\nRUN "--mou"nt=x ls\nRUN --"mount"=x ls', /line 3.*BuildKit/],
  ["RUN --network", "FROM a\nRUN --network=host ls", /BuildKit/],
  ["RUN --security", "FROM a\nRUN --security=insecure ls", /BuildKit/],
  ["COPY --link", "FROM a\nCOPY --link a b", /BuildKit/],
  ["COPY --chmod", "FROM a\nCOPY --chmod=755 a b", /BuildKit.*RUN chmod/],
  ["COPY --parents", "FROM a\nCOPY --parents a b", /BuildKit/],
  ["COPY --exclude", "FROM a\nCOPY --exclude=x a b", /BuildKit/],
  ["ADD --checksum", "FROM a\nADD --checksum=sha256:x a b", /BuildKit/],
  ["ADD --keep-git-dir", "FROM a\nADD --keep-git-dir=true a b", /BuildKit/],
  ["ADD --from", "FROM a\nADD --from=b a b", /no flag/],
  ["an unknown flag", "FROM a\nCMD --help x", /no flag "--help"/],
  ["a flag without a value", "FROM a\nCOPY --from a b", /needs a value/],
  ["a flag twice", "FROM a\nCOPY --from=a --from=b a b", /twice/],
  ["a flag with a blank in quotes", 'FROM a\nCOPY --chown="a b" a b', /blanks/],
  ["a bare --", "FROM a\nCOPY -- a b", /bare --/],
  ["ONBUILD FROM", "FROM a\nONBUILD FROM b", /ONBUILD FROM/],
  ["ONBUILD ONBUILD", "FROM a\nONBUILD ONBUILD RUN x", /ONBUILD ONBUILD/],
  ["ONBUILD COPY --from", "FROM a\nONBUILD COPY --from=b x y", /ONBUILD COPY --from/],
  ["a here-document after ONBUILD", "FROM a\nONBUILD RUN cat <<EOF", /line 2.*BuildKit/],
  ["RUN --mount after ONBUILD", "FROM a\nONBUILD RUN --mount=type=bind x", /line 2.*BuildKit/],
  ["ONBUILD without a trigger", "FROM a\nONBUILD", /needs an argument/],
  ["an escape that is none", "# escape=x\nFROM a", /line 1.*escape/],
  ["two escape directives", "# escape=`\n# escape=`\nFROM a", /line 2.*twice/],
  ["two escapes at a line's end", "FROM a\nRUN x \\\\\nRUN y", /line 2.*differently/],
  ["an escape that only a strange blank hides", "FROM a\nRUN x \\\u00a0", /line 2/],
  ["a NUL", "FROM a\nRUN x\0y", /line 2.*control/],
  ["a lone carriage return", "FROM a\rRUN x", /line 1.*control/],
];

for (const [title, text, reason] of REFUSED) {
  test(`a Dockerfile with ${title} is refused with the place and the reason`, () => {
    assert.throws(
      () => readDockerfile(text),
      (error: { code?: string; detail?: string }) => {
        assert.equal(error.code, "dockerfile_invalid");
        assert.match(error.detail ?? "", reason);
        return true;
      },
    );
  });
}

function texts(source: string): [string, string, number][] {
  return readDockerfile(source).instructions.map(({ keyword, text, line }) => [keyword, text, line]);
}

test("continuations are joined, and comments and blank lines among them left out", () => {
  const source = "FROM a\nrun one \\\n  # comment\n# another\n\n   && two \\  \t\n\t&& three\nCMD x \\\n";
  assert.deepEqual(texts(source), [
    ["FROM", "a", 1],
    ["RUN", "one    && two \t&& three", 2],
    ["CMD", "x", 8],
  ]);
});

test("CRLF, a byte order mark, leading blanks and small letters make no difference", () => {
  assert.deepEqual(texts("\ufeff# syntax=evil/frontend\r\n  from a aS b\r\n\trun x \\\r\n y\r\n"), [
    ["FROM", "a aS b", 2],
    ["RUN", "x  y", 3],
  ]);
});

test("with the backtick as escape a backslash at the end of a line is text", () => {
  const { escape, instructions } = readDockerfile("# syntax=x\n# Escape = `\nFROM a\nCOPY x c:\\\nRUN a `\n b\n");
  assert.equal(escape, "`");
  assert.deepEqual(
    instructions.map(({ text }) => text),
    ["a", "x c:\\", "a  b"],
  );
});

test("a directive after a comment or an instruction is a comment", () => {
  assert.equal(readDockerfile("# hello\n# escape=`\nFROM a").escape, "\\");
  assert.equal(readDockerfile("\n# escape=`\nFROM a").escape, "\\");
});

test("the exec form survives byte for byte", () => {
  const form = '["sh",  "-c", "echo \\"a\\\\tb\\"  $X \\u00e4 # no comment <<EOF"]';
  assert.deepEqual(
    texts(`FROM a\nCMD ${form}  \nRUN ${form}`).map(([, text]) => text),
    ["a", form, form],
  );
});

test("shifts, here-strings and quoted text are no here-documents", () => {
  readDockerfile("FROM a\nRUN echo $((1 << 2)) \"a <<EOF\" 'b <<EOF' && cat <<< x\nENV X=<<EOF\nCMD cat <<EOF");
});

test("flags are taken off, with their quotes, and the rest is left", () => {
  const [, copy, health] = readDockerfile(
    'FROM a\nCOPY --from=b --chown="1:2"  x y --z\nHEALTHCHECK --interval=5s CMD a --b',
  ).instructions;
  assert.deepEqual(copy?.flags, [
    { name: "from", value: "b" },
    { name: "chown", value: "1:2" },
  ]);
  assert.equal(copy?.text, "x y --z");
  assert.equal(health?.text, "CMD a --b");
});

test("ONBUILD holds its trigger read in the same way", () => {
  const [, trigger] = readDockerfile("FROM a\nONBUILD  copy --chown=1 a \\\n b").instructions;
  assert.equal(trigger?.text, "COPY --chown=1 a  b");
  assert.equal(trigger?.onBuild?.keyword, "COPY");
});

test("a recorded trigger is one instruction", () => {
  assert.equal(readTrigger("RUN make").text, "make");
  for (const text of [
    "",
    "RUN a\nADD http://x y",
    "# escape=`\nRUN a\nRUN b",
    "FROM x",
    "ONBUILD RUN x",
    "COPY --from=x a b",
  ]) {
    assert.throws(() => readTrigger(text), { code: "dockerfile_invalid" }, text);
  }
});

test("sizes are bounded before anything is read", () => {
  const started = performance.now();
  const refused = (text: string): void => assert.throws(() => readDockerfile(text), { code: "dockerfile_invalid" });
  refused(`FROM a\nRUN ${"x".repeat(50_000_000)}`);
  refused(`FROM a\nRUN ${"x".repeat(70_000)}`);
  refused(`FROM a\nRUN ${"xx \\\n".repeat(100_000)}`);
  refused(`FROM a\n${"RUN x\n".repeat(300)}`);
  refused(`FROM a\n${"ONBUILD ".repeat(8000)}RUN x`);
  refused(`FROM a\nRUN ${"--a ".repeat(15_000)}`);
  refused(`FROM a\nRUN "${" <<".repeat(20_000)}" <<E`);
  assert.equal(readDockerfile(`FROM a\nRUN x ${"\\\n".repeat(400_000)} y`).instructions.length, 2);
  assert.equal(readDockerfile(`FROM a\nRUN x \\\n${" # c\n".repeat(200_000)} y`).instructions.length, 2);
  assert.equal(readDockerfile(`# escape${" ".repeat(900_000)}x\nFROM a`).instructions.length, 1);
  assert.equal(readDockerfile(`FROM a\nRUN x${" ".repeat(900_000)}`).instructions.length, 2);
  assert.ok(performance.now() - started < 3000);
});

const fragment = fc.constantFrom(
  "FROM a",
  "from a AS b",
  "ARG X=1",
  "RUN x",
  'RUN ["a", "b"]',
  "COPY --from=b x y",
  "COPY x y",
  "ADD x y",
  "ONBUILD RUN x",
  "ENV A=b",
  "CMD",
  "\\",
  "`",
  "#",
  " ",
  "\t",
  "\r",
  "\n",
  "\n",
  "\\\n",
  "`\n",
  "# escape=`\n",
  "\\ \n",
  "<<EOF",
  "--x=y ",
  '"',
  "'",
  "$X",
  "\u00a0",
  "\ufeff",
  "ä",
  "LABEL a=b",
);

test("text that was read and written again is read as the same instructions", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.constantFrom("", "# escape=`\n"), fc.array(fragment, { maxLength: 30 }), (directive, parts) => {
      let first;
      try {
        first = readDockerfile(`${directive}FROM a\n${parts.join("")}`);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "dockerfile_invalid");
        return;
      }
      read++;
      const text = emitDockerfile(first);
      const second = readDockerfile(text);
      const bare = (file: typeof first): unknown => [
        file.escape,
        file.instructions.map(({ keyword, flags, text: rest }) => [keyword, flags, rest]),
      ];
      assert.deepEqual(bare(second), bare(first));
      assert.equal(emitDockerfile(second), text);
      assert.equal(text.split("\n").length, first.instructions.length + (first.escape === "`" ? 2 : 1));
    }),
    { numRuns: 5000 },
  );
  assert.ok(read > 200, `only ${read} were readable`);
});
