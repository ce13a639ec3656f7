import assert from "node:assert/strict";
import { describe, test } from "node:test";
import dns, { type Answer, type DecodedPacket, type RecordType } from "dns-packet";
import fc from "fast-check";
import { closedTo } from "./closed.ts";
import type { Asker, Opening } from "./protocol.ts";
import { resolve, shorten } from "./resolve.ts";

const RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
const ASKER: Asker = { mac: "02:00:00:00:00:01", id: "ctr_a", policy: "internet", names: [] };
const LISTED: Asker = {
  ...ASKER,
  policy: "allow-list",
  names: [{ name: "debian.org", wildcard: true, port: 80 }],
};
const ADDRESS: Answer = { type: "A", name: "deb.debian.org", data: "192.0.2.1", ttl: 5 };

function start({ answers = [ADDRESS], opens = true }: { answers?: Answer[]; opens?: boolean } = {}) {
  const seen = { asked: [] as string[], opened: [] as Opening[], refused: [] as string[] };
  const way = {
    ask: async (question: { name: string }) => {
      seen.asked.push(question.name);
      return dns.decode(dns.encode({ type: "response", answers }));
    },
    isClosed: closedTo(["10.0.0.0/8"]),
    open: async (_: string, openings: Opening[]) => {
      seen.opened.push(...openings);
      return opens;
    },
    learned: () => {},
    refused: (_: string, name: string) => void seen.refused.push(name),
  };
  const ask = async (asker: Asker | undefined, name: string, type: RecordType = "A") => {
    const query = dns.encode({ type: "query", id: 7, flags: dns.RECURSION_DESIRED, questions: [{ type, name }] });
    const packet: DecodedPacket = dns.decode((await resolve(way, asker, query)) ?? assert.fail("no answer"));
    assert.deepEqual([packet.id, packet.questions?.[0]?.name], [7, name]);
    return { rcode: RCODES[(packet.flags ?? 0) & 0xf], answers: packet.answers ?? [] };
  };
  return { ...seen, way, ask };
}

describe("what a container is answered", () => {
  test("nobody knows whom, and a policy of nothing: refused, and nothing asked on", async () => {
    const { ask, asked, refused } = start();
    assert.equal((await ask(undefined, "deb.debian.org")).rcode, "REFUSED");
    assert.equal((await ask({ ...ASKER, policy: "none" }, "deb.debian.org")).rcode, "REFUSED");
    assert.deepEqual([asked, refused], [[], ["deb.debian.org"]]);
  });

  test("an allow-list's name opens its address on the rule's port before it is told, any other is refused", async () => {
    const { ask, asked, opened } = start();
    assert.equal((await ask(LISTED, "deb.debian.org")).answers.length, 1);
    assert.deepEqual(opened, [{ address: "192.0.2.1", port: 80, ttlSeconds: 60 }]);
    assert.equal((await ask(LISTED, "debian.org.example")).rcode, "REFUSED");
    assert.deepEqual(asked, ["deb.debian.org"]);
  });

  test("an address that the packet filter does not open is not told", async () => {
    const { ask } = start({ opens: false });
    assert.deepEqual(await ask(LISTED, "deb.debian.org"), { rcode: "SERVFAIL", answers: [] });
  });

  test("no IPv6, no type that carries whatever one likes, and no name of a closed address", async () => {
    const { ask, asked } = start();
    assert.deepEqual(await ask(ASKER, "deb.debian.org", "AAAA"), { rcode: "NOERROR", answers: [] });
    for (const type of ["NULL", "AXFR"] as const)
      assert.equal((await ask(ASKER, "deb.debian.org", type)).rcode, "REFUSED");
    assert.equal((await ask(ASKER, "5.0.0.10.in-addr.arpa", "PTR")).rcode, "REFUSED");
    assert.deepEqual(asked, []);
  });

  test("whatever bytes come, it answers or is silent, and asks nothing on for one who may not", async () => {
    const { way, asked } = start();
    const query = dns.encode({ type: "query", id: 1, questions: [{ type: "A", name: "deb.debian.org" }] });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.tuple(fc.nat(query.length - 1), fc.nat(255)).map(([at, byte]) => query.with(at, byte)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (message) => {
        await resolve(way, { ...LISTED, names: [] }, Buffer.from(message));
      }),
    );
    assert.deepEqual(asked, []);
  });

  test("an answer that UDP does not carry says that TCP does", () => {
    const answers = Array.from({ length: 60 }, (): Answer => ADDRESS);
    const questions = [{ type: "A" as const, name: "deb.debian.org" }];
    const short = dns.decode(shorten(dns.encode({ type: "response", id: 9, questions, answers }), 512));
    assert.deepEqual([short.id, short.flag_tc, short.answers], [9, true, []]);
  });
});
