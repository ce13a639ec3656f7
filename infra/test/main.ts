import { spec } from "node:test/reporters";
import { runTests } from "./run.ts";
import { runSession } from "./session.ts";

const PLACES = ["packages/**/*.test.ts", "apps/**/*.test.ts", "infra/**/*.test.ts", "test/**/*.test.ts"];

await runSession(PLACES, process.argv.slice(2), async (files, signal) => {
  const { passed, failed } = await runTests(files, signal, spec);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
});
