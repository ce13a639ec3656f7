import assert from "node:assert/strict";
import { test } from "node:test";
import { takeCredentials } from "./credentials.ts";

const KEY = `hfn_${"k".repeat(43)}`;
const TOKEN = `hfl_${"t".repeat(43)}`;

test("a key is taken from its own header or from Authorization, and reaches nobody else", () => {
  const own = takeCredentials("/", ["X-Hafen-Key", KEY, "Authorization", "Basic YTpi", "Accept", "*/*"]);
  assert.deepEqual([own.apiKey, own.headers], [KEY, ["Authorization", "Basic YTpi", "Accept", "*/*"]]);
  const bearer = takeCredentials("/", ["authorization", `bearer  ${KEY}`, "authorization", "Bearer theirs"]);
  assert.deepEqual([bearer.apiKey, bearer.headers], [KEY, ["authorization", "Bearer theirs"]]);
  const both = takeCredentials("/", ["Authorization", "Bearer hfn_old", "x-hafen-key", KEY]);
  assert.deepEqual([both.apiKey, both.headers], [KEY, []]);
});

test("whatever holds a key is taken off, whether it is a credential or not", () => {
  const taken = takeCredentials("/", ["Authorization", `Token ${KEY}`, "authorization", `Bearer x ${KEY}`]);
  assert.deepEqual([taken.apiKey, taken.headers], [undefined, []]);
});

test("a link's token is taken out of header and cookies, and the other cookies stay as they were", () => {
  const taken = takeCredentials("/", [
    "X-Hafen-Link",
    TOKEN,
    "Cookie",
    `a=1; hafen_link=one;b="2=3"; hafen_link=two`,
    "cookie",
    "hafen_link=three",
  ]);
  assert.deepEqual([taken.tokens, taken.cookies], [[TOKEN], ["one", "two", "three"]]);
  assert.deepEqual(taken.headers, ["Cookie", 'a=1; b="2=3"']);
});

test("a link's token is taken out of the address however it is written, and the rest of it stays byte for byte", () => {
  for (const [target, opened, rest] of [
    ["/", undefined, "/"],
    ["/a?b=%2F&c", undefined, "/a?b=%2F&c"],
    [`/?hafen_link=${TOKEN}`, TOKEN, "/"],
    [`/a%20b?x=%41&hafen_link=${TOKEN}&y=+`, TOKEN, "/a%20b?x=%41&y=+"],
    ["/?hafen%5Flink=t&a=%zz", "t", "/?a=%zz"],
    ["/?hafen_link=1&hafen_link=2", "2", "/"],
    ["/?hafen_link", "", "/"],
    ["/?xhafen_link=1", undefined, "/?xhafen_link=1"],
    ["/??hafen_link=1", undefined, "/??hafen_link=1"],
  ] as const) {
    const taken = takeCredentials(target, []);
    assert.deepEqual([taken.opened, taken.target], [opened, rest], target);
  }
});
