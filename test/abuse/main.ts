import { runSession, runTests } from "@hafen/infra/testing";
import { gather, print } from "./report.ts";

await runSession(["test/abuse/**/*.test.ts"], process.argv.slice(2), async (files, signal) => {
  const outcomes: Parameters<typeof print>[0] = [];
  const { passed, failed } = await runTests(files, signal, gather(outcomes));
  print(outcomes);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
});
