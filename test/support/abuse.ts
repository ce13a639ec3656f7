import { test, type TestContext } from "node:test";

/**
 * One row of the abuse catalogue, by its number. `attack` does what an attacker would, asserts that it is contained, and answers in one
 * sentence what happened: `npm run abuse` prints it beside what was tried.
 */
export function abuse(row: string, tried: string, attack: (t: TestContext) => Promise<string>): void {
  // The report knows a row's sentence from other diagnostics by the number before it.
  test(`${row} ${tried}`, async (t) => t.diagnostic(`${row} ${await attack(t)}`));
}
