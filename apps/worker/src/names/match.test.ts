import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { matchingRules } from "./match.ts";

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join("."));
const rule = (listed: string, wildcard: boolean) => ({ name: listed, wildcard, port: undefined });

describe("which names an allow-list opens", () => {
  test("a name opens itself, in any case and with its dot, and nothing below, above or beside it", () => {
    fc.assert(
      fc.property(name, label, (listed, other) => {
        const opens = (asked: string) => matchingRules([rule(listed, false)], asked).length > 0;
        assert.ok(opens(listed) && opens(listed.toUpperCase()) && opens(`${listed}.`));
        assert.ok(!opens(`${other}.${listed}`) && !opens(`${listed}.${other}`) && !opens(`x${listed}`));
        assert.ok(!opens(listed.slice(listed.indexOf(".") + 1)));
      }),
    );
  });

  test("a wildcard opens every name below it, and not itself nor what only ends alike", () => {
    fc.assert(
      fc.property(name, name, (listed, below) => {
        const opens = (asked: string) => matchingRules([rule(listed, true)], asked).length > 0;
        assert.ok(opens(`${below}.${listed}`) && opens(`${below}.${listed}.`.toUpperCase()));
        assert.ok(!opens(listed) && !opens(`evil${listed}`) && !opens(`${listed}.${below}.example`));
      }),
    );
  });

  test("all rules that a name falls under count, each with its port", () => {
    const rules = [
      { name: "debian.org", wildcard: true, port: 80 },
      { name: "deb.debian.org", wildcard: false, port: 443 },
      { name: "example.org", wildcard: false, port: undefined },
    ];
    assert.deepEqual(
      matchingRules(rules, "deb.debian.org").map(({ port }) => port),
      [80, 443],
    );
  });
});
