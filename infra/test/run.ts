import { finished } from "node:stream/promises";
import { run } from "node:test";

const CONCURRENCY = 3;
const TEST_TIMEOUT_MS = 180_000;

export type Reporter = Parameters<ReturnType<typeof run>["compose"]>[0];

export interface Count {
  passed: number;
  failed: number;
}

/** Runs each file in a process of its own, prints a report, and counts tests (not suites, not files). */
export async function runTests(files: string[], signal: AbortSignal, reporter: Reporter): Promise<Count> {
  const count: Count = { passed: 0, failed: 0 };
  const events = run({ files, concurrency: CONCURRENCY, timeout: TEST_TIMEOUT_MS, signal });
  events.on("test:pass", (test) => {
    const isSkipped = test.skip !== undefined || test.todo !== undefined;
    if (isTest(test, files) && !isSkipped) count.passed += 1;
  });
  events.on("test:fail", (test) => {
    // A broken hook, a file that cannot be loaded or a process that dies counts once; a suite around a failed test does not.
    const isEcho = failureType(test.details.error) === "subtestsFailed";
    if (!isEcho && test.todo === undefined) count.failed += 1;
  });
  const report = events.compose(reporter);
  report.pipe(process.stdout, { end: false });
  await finished(report);
  return count;
}

function isTest(test: { name: string; details: { type?: string | undefined } }, files: string[]): boolean {
  return test.details.type !== "suite" && !files.includes(test.name);
}

function failureType(error: Error): unknown {
  return "failureType" in error ? error.failureType : undefined;
}
