import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { isImageId } from "./is-image-id.ts";
import { parseReference, type Reference } from "./parse-reference.ts";
import { tagName } from "./tag-name.ts";

const HEX = "a".repeat(64);
const ACCEPTED: Record<string, Reference> = {
  app: { path: "app" },
  "app:1.0": { path: "app", tag: "1.0" },
  "meintest/helloworld:1": { path: "meintest/helloworld", tag: "1" },
  "registry.example:5000/x:y": { domain: "registry.example:5000", path: "x", tag: "y" },
  "localhost/x": { domain: "localhost", path: "x" },
  "localhost:5000/x/y": { domain: "localhost:5000", path: "x/y" },
  "UPPER/x": { domain: "UPPER", path: "x" },
  "10.0.0.1:5000/a/b": { domain: "10.0.0.1:5000", path: "a/b" },
  "[::1]:5000/a": { domain: "[::1]:5000", path: "a" },
  "a.b/c": { domain: "a.b", path: "c" },
  "a_b/c__d/e---f.g": { path: "a_b/c__d/e---f.g" },
  [`app@sha256:${HEX}`]: { path: "app", digest: `sha256:${HEX}` },
  [`app:v1@sha256:${HEX}`]: { path: "app", tag: "v1", digest: `sha256:${HEX}` },
  "app:_under": { path: "app", tag: "_under" },
  [`app:${"t".repeat(128)}`]: { path: "app", tag: "t".repeat(128) },
  ["p".repeat(255)]: { path: "p".repeat(255) },
};
const REFUSED = [
  "",
  " ",
  "App",
  "app ",
  "app:",
  "app:-x",
  "app:.x",
  ":x",
  "/x",
  "x/",
  "a//b",
  "a..b",
  "a___b",
  "a._b",
  "-a",
  "a-",
  "_a",
  "a/../b",
  "../a",
  "a/b:c/d:e:f",
  "a:b:c",
  "app@",
  "app@sha256:abc",
  `app@sha256:${HEX.toUpperCase()}`,
  `app@md5:${HEX}`,
  `a@b@sha256:${HEX}`,
  HEX,
  "-x.y/a",
  "x-.y/a",
  "a.b:port/c",
  "a.b:123456/c",
  "http://a/b",
  "a b",
  "a\nb",
  "a\0b",
  "ä",
  "a$b",
  "${X}",
  "a:t t",
  `app:${"t".repeat(129)}`,
  "p".repeat(256),
  "[::1/a",
  "user@host/x",
];

for (const [text, expected] of Object.entries(ACCEPTED)) {
  test(`the reference ${text.slice(0, 60)} is read as its parts`, () =>
    assert.deepEqual(parseReference(text), expected));
}

test("what the grammar does not allow is refused as reference_invalid", () => {
  for (const text of REFUSED)
    assert.throws(() => parseReference(text), { code: "reference_invalid" }, JSON.stringify(text));
});

test("a reference put together from its parts is read as the same parts", () => {
  const component = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,5}){0,2}$/);
  const arbitrary = fc.record(
    {
      domain: fc.constantFrom("r.example", "localhost", "h:1"),
      path: fc.array(component, { minLength: 1, maxLength: 4 }),
      tag: fc.stringMatching(/^\w[\w.-]{0,20}$/),
    },
    { requiredKeys: ["path"] },
  );
  fc.assert(
    fc.property(arbitrary, ({ domain, path, tag }) => {
      const text = `${domain ? `${domain}/` : ""}${path.join("/")}${tag ? `:${tag}` : ""}`;
      const read = parseReference(domain ? text : `x/${text}`);
      assert.equal(read.tag, tag);
      assert.equal(read.domain, domain);
    }),
  );
});

test("any text is either read or refused with a reason, and what is read has only safe characters", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."abA0.:/@-_[]$ ".split("")) })), (text) => {
      try {
        parseReference(text);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "reference_invalid");
        return;
      }
      assert.match(text, /^[A-Za-z0-9.:/@_[\]-]+$/);
    }),
    { numRuns: 2000 },
  );
});

test("hostile references are refused in linear time", () => {
  const started = performance.now();
  for (const text of [
    "a-".repeat(5e6),
    `${"a-".repeat(120)}!/x`,
    `${"a__".repeat(80)}!`,
    "-".repeat(255),
    "a/".repeat(127),
    ":".repeat(1e7),
    `a${"-".repeat(253)}`,
  ]) {
    assert.throws(() => parseReference(text));
  }
  assert.ok(performance.now() - started < 500);
});

test("a tag is stored with latest filled in", () => {
  assert.equal(tagName("app"), "app:latest");
  assert.equal(tagName("meintest/helloworld:1"), "meintest/helloworld:1");
  assert.equal(tagName("registry.example:5000/x"), "registry.example:5000/x:latest");
});

test("a tag is neither an id, nor a digest, nor the empty image", () => {
  const ours = `img_${"0".repeat(26)}`;
  for (const text of [ours, `sha256:${HEX}`, `app@sha256:${HEX}`, "scratch", "scratch:1", "App"]) {
    assert.throws(() => tagName(text), { code: "reference_invalid" }, text);
  }
});

test("ids are told from names", () => {
  assert.equal(isImageId(`img_${"0".repeat(26)}`), true);
  assert.equal(isImageId(`sha256:${HEX}`), true);
  for (const text of ["img_", "app", `ctr_${"0".repeat(26)}`, `sha256:${HEX}0`, HEX, `img_${"0".repeat(26)}:latest`])
    assert.equal(isImageId(text), false, text);
});
