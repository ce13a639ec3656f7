import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import fc from "fast-check";
import { keyIdOf, readSecretKeys, seal, unseal } from "./sealed.ts";

const newText = () => randomBytes(32).toString("base64");
const newKeys = () => readSecretKeys(newText());
const PLACE = ["usr_1", "ghcr.io"];

test("any bytes come back out in their place", () => {
  const keys = newKeys();
  fc.assert(
    fc.property(fc.uint8Array(), fc.array(fc.string()), (bytes, place) => {
      assert.deepEqual(unseal(keys, seal(keys, bytes, place), place), Buffer.from(bytes));
    }),
  );
  assert.equal(unseal(keys, seal(keys, "tëxt", PLACE), PLACE)?.toString(), "tëxt");
});

test("it opens neither in another place, nor with another key, nor changed by a bit", () => {
  const keys = newKeys();
  const sealed = seal(keys, "secret", PLACE);
  for (const place of [["usr_2", "ghcr.io"], ["usr_1", "quay.io"], ["usr_1ghcr.io"], ["usr_1", "ghcr.io", ""], []])
    assert.equal(unseal(keys, sealed, place), undefined, String(place));
  assert.equal(unseal(newKeys(), sealed, PLACE), undefined);
  for (let at = 0; at < sealed.length; at++) {
    const changed = Uint8Array.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(unseal(keys, changed, PLACE), undefined, `byte ${at}`);
  }
  for (let length = 0; length < sealed.length; length++)
    assert.equal(unseal(keys, sealed.subarray(0, length), PLACE), undefined, `${length} bytes`);
});

test("the same text is sealed differently each time, and begins with its key's id", () => {
  const keys = newKeys();
  const [one, two] = [seal(keys, "secret", PLACE), seal(keys, "secret", PLACE)];
  assert.notDeepEqual(one, two);
  assert.equal(keyIdOf(one), keys.newest.id.toString("hex"));
  assert.ok(!Buffer.from(one).includes("secret"));
});

test("of several keys the first seals, and each opens what it has sealed", () => {
  const [older, newer] = [newText(), newText()];
  const before = seal(readSecretKeys(older), "secret", PLACE);
  for (const text of [`${newer}\n${older}\n`, `${newer},${older}`, ` ${newer} ${older}`]) {
    const both = readSecretKeys(text);
    assert.equal(unseal(both, before, PLACE)?.toString(), "secret");
    assert.equal(unseal(readSecretKeys(newer), seal(both, "next", PLACE), PLACE)?.toString(), "next");
  }
  assert.equal(unseal(readSecretKeys(newer), before, PLACE), undefined);
});

test("a key is 32 bytes in base64, and what is none is refused without being shown", () => {
  const good = newText();
  for (const text of ["", " \n", "short", randomBytes(31).toString("base64"), `${newText()}!`, `${good}\nshort`])
    assert.throws(
      () => readSecretKeys(text),
      (error: Error) => text.trim() === "" || !error.message.includes(text),
    );
  assert.deepEqual(readSecretKeys(`${good}\n`), readSecretKeys(good));
});
