import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Answer } from "dns-packet";
import fc from "fast-check";
import { filterAnswer } from "./answer.ts";
import { closedTo } from "./closed.ts";

const isClosed = closedTo(["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"]);
const a = (name: string, data: string, ttl = 300): Answer => ({ type: "A", name, data, ttl });
const cname = (name: string, data: string): Answer => ({ type: "CNAME", name, data, ttl: 300 });
const filter = (answers: Answer[], name = "app.example") => filterAnswer({ name, type: "A" }, answers, isClosed);

describe("what a container gets of an answer", () => {
  test("no address in a closed range, whatever else is said", () => {
    const names = fc.constantFrom("app.example", "b.example", "c.example", "APP.example.");
    const record = fc.oneof(
      fc.record({ name: names, data: fc.ipV4() }).map(({ name, data }) => a(name, data)),
      fc
        .record({ name: names, data: fc.constantFrom("10.1.2.3", "169.254.169.254", "127.0.0.1") })
        .map((r) => a(r.name, r.data)),
      fc.record({ name: names, data: names }).map(({ name, data }) => cname(name, data)),
    );
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), (answers) => {
        const { records, addresses } = filter(answers);
        const given = records.flatMap((kept) => (kept.type === "A" ? [kept.data] : []));
        assert.deepEqual(given, addresses);
        assert.ok(given.every((address) => !isClosed(address)));
      }),
    );
  });

  test("an address counts only over the chain that begins with the name that was asked for", () => {
    const chain = [cname("app.example", "b.example"), cname("b.example", "c.example"), a("c.example", "192.0.2.1")];
    assert.deepEqual(filter(chain).addresses, ["192.0.2.1"]);
    assert.deepEqual(filter([a("victim.example", "192.0.2.9"), ...chain]).addresses, ["192.0.2.1"]);
    assert.deepEqual(filter([cname("x.example", "app.example"), a("x.example", "192.0.2.9")]).records, []);
  });

  test("a CNAME to an internal name keeps the chain and leads nowhere", () => {
    const { records, addresses } = filter([cname("app.example", "db.internal"), a("db.internal", "10.0.0.5")]);
    assert.deepEqual([records.length, addresses], [1, []]);
  });

  test("an address is kept no longer than the shortest time to live on the way to it", () => {
    assert.equal(filter([cname("app.example", "b.example"), a("b.example", "192.0.2.1", 7)]).ttlSeconds, 7);
    assert.equal(filter([a("app.example", "192.0.2.1", 999_999)]).ttlSeconds, 300 * 12);
  });
});
