import assert from "node:assert/strict";
import { test } from "node:test";
import { withContainerOwners } from "./container-owners.ts";

interface Owned {
  flag?: string;
  uid: number;
  gid: number;
  body: string;
}

function entry({ flag = "0", uid, gid, body }: Owned): Buffer {
  const head = Buffer.alloc(512);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  head.write("name", 0);
  head.write(
    `0100644\0${octal(uid, 7)}\0${octal(gid, 7)}\0${octal(body.length, 11)}\0${octal(0, 11)}\0        ${flag}`,
    100,
  );
  head.write("ustar\x0000", 257);
  head.write(
    `${octal(
      head.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  );
  return Buffer.concat([head, Buffer.from(body), Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

const OFFSET = { uid: 1_000_000, gid: 100_000 };
const HUGE = "15 uid=1000007\n20 path=15 uid=1000\n21 mtime=12345.67890\n15 gid=0165535\n";
const SIZED = "13 size=1024\n";
const tar = (mapped: boolean) =>
  Buffer.concat([
    entry(mapped ? { uid: 0, gid: 0, body: "" } : { uid: 1_000_000, gid: 100_000, body: "" }),
    entry(
      mapped
        ? { uid: 1000, gid: 50, body: "x".repeat(1000) }
        : { uid: 1_001_000, gid: 100_050, body: "x".repeat(1000) },
    ),
    entry(mapped ? { uid: 65_534, gid: 65_534, body: "y" } : { uid: 0, gid: 99_999, body: "y" }),
    entry({
      flag: "x",
      uid: 0,
      gid: 0,
      body: mapped ? HUGE.replace("1000007", "0000007").replace("0165535", "0065535") : HUGE,
    }),
    entry(mapped ? { uid: 65_534, gid: 65_534, body: "z" } : { uid: 0, gid: 0, body: "z" }),
    // A body that looks like a header of somebody else's file, and whose size only the record tells.
    entry({ flag: "x", uid: 0, gid: 0, body: SIZED }),
    Buffer.concat([
      entry(mapped ? { uid: 1, gid: 1, body: "" } : { uid: 1_000_001, gid: 100_001, body: "" }),
      entry({ uid: 1_000_002, gid: 100_002, body: "inner" }),
    ]),
    Buffer.alloc(1024),
  ]);

for (const sizeBytes of [1, 511, 512, 700, 1_000_000]) {
  test(`owners are the container's, and every other byte as it was, in pieces of ${sizeBytes}`, async () => {
    async function* pieces() {
      const whole = tar(false);
      for (let at = 0; at < whole.length; at += sizeBytes) yield Buffer.from(whole.subarray(at, at + sizeBytes));
    }
    const mapped = Buffer.concat(await Array.fromAsync(withContainerOwners(pieces(), async () => OFFSET)));
    assert.equal(mapped.length, tar(true).length);
    assert.ok(mapped.equals(tar(true)), `differs at ${mapped.findIndex((byte, at) => byte !== tar(true)[at])}`);
  });
}

test("an engine that maps nothing is passed through", async () => {
  async function* pieces() {
    yield Buffer.from(tar(false));
  }
  const passed = await Array.fromAsync(withContainerOwners(pieces(), async () => ({ uid: 0, gid: 0 })));
  assert.ok(Buffer.concat(passed).equals(tar(false)));
});
