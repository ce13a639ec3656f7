import type { TestEvent } from "node:test/reporters";
import { CATALOGUE } from "./catalogue.ts";

const TRIED_WIDTH = 62;

export interface Outcome {
  row: string;
  tried: string;
  happened: string;
  contained: boolean;
}

/** A reporter that keeps what became of each row, and tells of a test that is of no row only when it fails. */
export function gather(outcomes: Outcome[]) {
  return async function* (events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
    for await (const { type, data } of events) {
      if (type === "test:pass" || type === "test:fail") {
        const [, row, tried = ""] = /^([A-I]\d+) (.*)$/.exec(data.name) ?? [];
        const failure = type === "test:fail" ? firstLine(data.details.error) : undefined;
        if (row !== undefined) {
          outcomes.push({ row, tried, happened: failure ?? "", contained: failure === undefined });
          yield `# ${row} ${failure === undefined ? "contained" : "NOT CONTAINED"}\n`;
        } else if (failure !== undefined) yield `# failed: ${data.name}: ${failure}\n`;
      } else if (type === "test:diagnostic") {
        const last = outcomes.at(-1);
        // A test's diagnostics follow it.
        if (last && data.message.startsWith(`${last.row} `)) last.happened ||= data.message.slice(last.row.length + 1);
      }
    }
  };
}

function firstLine(error: Error & { cause?: unknown }): string {
  const { message } = error.cause instanceof Error ? error.cause : error;
  return message.split("\n", 1)[0] ?? "";
}

/** The table by row, and what of the catalogue is not in it, with the reason. */
export function print(outcomes: Outcome[]): void {
  console.log(`\n${"row".padEnd(5)}${"tried".padEnd(TRIED_WIDTH)}  verdict and what happened`);
  for (const { row, tried, happened, contained } of outcomes.toSorted(byRow)) {
    console.log(
      `${row.padEnd(5)}${tried.padEnd(TRIED_WIDTH)}  ${contained ? "contained" : "NOT CONTAINED"}: ${happened}`,
    );
  }
  const seen = new Set(outcomes.map(({ row }) => row));
  const missing = CATALOGUE.filter(({ row }) => !seen.has(row));
  console.log(missing.length > 0 ? "\nnot in this run:" : "");
  for (const { row, attack, without = "NO TEST RAN" } of missing) console.log(`${row.padEnd(5)}${attack}: ${without}`);
  const rows = new Set(outcomes.filter(({ contained }) => !contained).map(({ row }) => row));
  console.log(`\n${seen.size} rows tried, ${rows.size} not contained, ${missing.length} not tried`);
}

const byRow = (one: Outcome, other: Outcome) => order(one.row) - order(other.row);

function order(row: string): number {
  return row.charCodeAt(0) * 1_000 + Number(row.slice(1));
}
