import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EventStreamParser, type ServerEvent } from "./event-stream.ts";

const encoder = new TextEncoder();
const NUL = String.fromCharCode(0);
const BOM = "\uFEFF";

function parse(...chunks: (string | Uint8Array)[]): ServerEvent[] {
  const parser = new EventStreamParser();
  return chunks.flatMap((chunk) => parser.push(typeof chunk === "string" ? encoder.encode(chunk) : chunk));
}

test("fields make an event, and its type defaults to message", () => {
  assert.deepEqual(parse("id: 7\nevent: line\ndata: {}\n\ndata:x\n\n"), [
    { type: "line", data: "{}", id: "7" },
    { type: "message", data: "x", id: "7" },
  ]);
});

test("several data lines are joined, and one leading space is dropped", () => {
  assert.deepEqual(parse("data: a\ndata:  b\ndata\n\n"), [{ type: "message", data: "a\n b\n", id: "" }]);
});

test("CR, LF and CRLF end lines alike, and a CR at the end of a chunk does not wait for the next", () => {
  assert.equal(parse("data: a\r\rdata: b\n\ndata: c\r\n\r\n").length, 3);
  assert.equal(parse("data: a\r\r").length, 1);
  assert.deepEqual(parse("data: a\r", "\ndata: b\r", "\n\r", "\n"), [{ type: "message", data: "a\nb", id: "" }]);
});

test("a byte order mark is dropped at the start only", () => {
  assert.deepEqual(parse(`${BOM}data: a\n\n`), [{ type: "message", data: "a", id: "" }]);
  assert.deepEqual(parse(`\n${BOM}data: a\n\n`), []);
});

test("comments and unknown fields are ignored, and an id with NUL", () => {
  assert.deepEqual(parse(`: ping\nfoo: bar\nid: 1${NUL}\ndata: a\n\n`), [{ type: "message", data: "a", id: "" }]);
});

test("an event without data is none, but moves the last id; an event that is cut off moves nothing", () => {
  const parser = new EventStreamParser("5");
  assert.deepEqual(parser.push(encoder.encode("id: 6\nevent: line\n\n")), []);
  assert.equal(parser.lastEventId, "6");
  parser.push(encoder.encode("id: 7\ndata: lost\n"));
  assert.equal(parser.lastEventId, "6");
});

test("retry takes digits only", () => {
  const parser = new EventStreamParser();
  parser.push(encoder.encode("retry: 250\nretry: soon\n"));
  assert.equal(parser.retryMs, 250);
});

const piece = fc.oneof(
  fc.constantFrom(
    "data",
    "event",
    "id",
    "retry",
    ":",
    " ",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\r\n\r\n",
    BOM,
    NUL,
    "é",
    "😀",
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const stream = fc.array(piece, { maxLength: 40 }).map((pieces) => encoder.encode(pieces.join("")));

test("any split of the bytes gives the same events", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(400), { maxLength: 12 }), (bytes, cuts) => {
      const at = [0, ...cuts.filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b), bytes.length];
      const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
      assert.deepEqual(parse(...chunks), parse(bytes));
    }),
    { numRuns: 2000 },
  );
});

test("whatever is sent as data arrives", () => {
  const line = fc.string().filter((text) => !/[\r\n]/.test(text));
  fc.assert(
    fc.property(fc.array(fc.array(line, { minLength: 1 })), fc.constantFrom("\n", "\r", "\r\n"), (events, end) => {
      const text = events.map((lines) => lines.map((each) => `data: ${each}${end}`).join("") + end).join("");
      assert.deepEqual(
        parse(text).map(({ data }) => data),
        events.map((lines) => lines.join("\n")),
      );
    }),
  );
});
