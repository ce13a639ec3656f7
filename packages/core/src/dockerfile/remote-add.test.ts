import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { expand } from "./expand.ts";
import { readDockerfile } from "./read-dockerfile.ts";
import { refuseOnBuild, refuseRemoteAdd } from "./remote-add.ts";

const REMOTE = [
  "http://169.254.169.254/",
  "https://x/y",
  "HTTP://x",
  "ftp://x",
  "git@github.com:a/b",
  "git://x/y",
  "ssh://x",
  "github.com/a/b",
  "$X",
  "${X}",
  "h$X",
  "http$X",
  "http:$X",
  "https://$H/x",
  "${X:-http}://y",
  '"http://x"',
  "'http://x'",
  'h"tt"p://x',
  "h\\ttp://x",
  "h`ttp://x",
  '"$X"',
  "''$X",
  "\\h$X",
  "gi$X",
  "s$X",
  "f$X",
  "github.com$X",
];
const LOCAL = [
  "a",
  "./$X",
  "./http://x",
  "app-$V.tgz",
  "a$X",
  "/abs/$X",
  "dir/http://x",
  "*.tgz",
  "x-http://y",
  "htp$X",
  "httpd$X/",
  "--$X",
  ".",
];

function outcome(text: string): string {
  try {
    refuseRemoteAdd(readDockerfile(`ARG X\nFROM a\n${text}\n`));
    return "taken";
  } catch (error) {
    return String((error as { code?: string }).code);
  }
}

for (const source of REMOTE) {
  test(`ADD ${source} is refused in every form`, () => {
    const json = JSON.stringify(source);
    for (const text of [
      `ADD ${source} /x`,
      `add a ${source} b /x`,
      `ADD --chown=1 ${source} /x`,
      `ADD [${json}, "/x"]`,
      `ADD ["a", ${json}, "/x"]`,
      `ONBUILD ADD ${source} /x`,
      `ADD \\\n # c\n ${source} /x`,
      `onbuild add [${json}, "/x"]`,
    ]) {
      assert.equal(outcome(text), "remote_add_refused", text);
    }
  });
}

test("sources that can only be files are taken", () => {
  for (const source of LOCAL.filter((text) => !text.startsWith("--"))) {
    assert.equal(outcome(`ADD ${source} /x`), "taken", source);
    assert.equal(outcome(`ADD [${JSON.stringify(source)}, "/x"]`), "taken", source);
  }
});

test("the target of an ADD, a COPY and a RUN may hold a URL", () => {
  for (const text of ["ADD a $X", "ADD a http://x", "COPY $X /x", "RUN curl http://x", "ENV X=http://y"])
    assert.equal(outcome(text), "taken", text);
});

test("the reason names the line and the way out", () => {
  assert.throws(() => refuseRemoteAdd(readDockerfile("FROM a\n\nADD $V.tgz /x")), {
    detail: /line 3: .*write "\.\/\$V\.tgz"/,
  });
});

test("triggers of a base image follow the same rules", () => {
  refuseOnBuild(["RUN make", "COPY . /app", "ADD ./x /y"]);
  assert.throws(() => refuseOnBuild(["RUN a", "ADD http://x /y"]), {
    code: "remote_add_refused",
    detail: /base image.*ADD http/,
  });
  assert.throws(() => refuseOnBuild(["COPY --from=other:tag /x /y"]), { code: "dockerfile_invalid" });
  assert.throws(() => refuseOnBuild(["RUN a\nADD http://x /y"]), { code: "dockerfile_invalid" });
  assert.throws(() => refuseOnBuild(["# escape=`\nADD h`ttp://x /y"]), { code: "remote_add_refused" });
  assert.throws(() => refuseOnBuild(["FROM x"]), { code: "dockerfile_invalid" });
});

test("no source that is taken becomes a URL, whatever its variables hold", () => {
  const part = fc.constantFrom(
    "http",
    "https",
    ":",
    "//",
    "h",
    "t",
    "p",
    "$X",
    "${X}",
    "${X:-http://}",
    "${X:+h}",
    '"',
    "'",
    "\\",
    "`",
    "a",
    "/",
    ".",
  );
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 8 }),
      fc.constantFrom("", "h", "http://evil", "ttp://evil", "://evil", "s://evil"),
      fc.constantFrom("\\", "`"),
      (parts, value, escape) => {
        const source = parts.join("");
        let file;
        try {
          file = readDockerfile(`${escape === "`" ? "# escape=`\n" : ""}FROM a\nADD ${source} /x`);
          refuseRemoteAdd(file);
        } catch {
          return;
        }
        let expanded;
        try {
          expanded = expand(source, { escape: file.escape, line: 1, lookup: () => value });
        } catch {
          return;
        }
        assert.doesNotMatch(expanded, /^https?:\/\//i, source);
      },
    ),
    { numRuns: 20_000 },
  );
});
