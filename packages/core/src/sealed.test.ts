import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import fc from "fast-check";
import { readSecretKey, seal, unseal } from "./sealed.ts";

const newKey = () => readSecretKey(randomBytes(32).toString("base64"));
const PLACE = ["usr_1", "ghcr.io"];

test("any text comes back out in its place", () => {
  const key = newKey();
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.array(fc.string()), (text, place) => {
      assert.equal(unseal(key, seal(key, text, place), place), text);
    }),
  );
});

test("it opens neither in another place, nor with another key, nor changed by a bit", () => {
  const key = newKey();
  const sealed = seal(key, "secret", PLACE);
  for (const place of [["usr_2", "ghcr.io"], ["usr_1", "quay.io"], ["usr_1ghcr.io"], ["usr_1", "ghcr.io", ""], []])
    assert.equal(unseal(key, sealed, place), undefined, String(place));
  assert.equal(unseal(newKey(), sealed, PLACE), undefined);
  for (let at = 0; at < sealed.length; at++) {
    const changed = Uint8Array.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(unseal(key, changed, PLACE), undefined, `byte ${at}`);
  }
  for (let length = 0; length < sealed.length; length++)
    assert.equal(unseal(key, sealed.subarray(0, length), PLACE), undefined, `${length} bytes`);
});

test("the same text is sealed differently each time, and begins with its key's id", () => {
  const key = newKey();
  const [one, two] = [seal(key, "secret", PLACE), seal(key, "secret", PLACE)];
  assert.notDeepEqual(one, two);
  assert.ok(key.id.equals(one.subarray(0, 8)));
  assert.ok(!Buffer.from(one).includes("secret"));
});

test("a key is 32 bytes in base64, and what is none is refused without being shown", () => {
  for (const text of ["", "short", randomBytes(31).toString("base64"), `${randomBytes(32).toString("base64")}!`])
    assert.throws(
      () => readSecretKey(text),
      (error: Error) => text === "" || !error.message.includes(text),
    );
  const text = randomBytes(32).toString("base64");
  assert.deepEqual(readSecretKey(`${text}\n`), readSecretKey(text));
});
