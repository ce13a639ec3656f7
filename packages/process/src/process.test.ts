import assert from "node:assert/strict";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { z } from "zod";
import { port, readConfig } from "./index.ts";

/** What a process that runs this script, with this package's door imported into it, prints and ends with. */
async function ran(script: string, whileItRuns?: (child: ReturnType<typeof spawn>) => void) {
  const source = `import * as process_ from "${import.meta.resolve("./index.ts")}"; ${script}`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", source], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  whileItRuns?.(child);
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  return { printed, code: code as number | null };
}

test("a secret is not printed, wherever a request or an object carries it", async () => {
  const { printed } = await ran(`
    const log = process_.openLog("test", "info");
    log.info({ apiKey: "hush", user: { secret: "hush" }, req: { headers: { authorization: "hush", cookie: "hush" } } });
    log.info({ name: "told" });`);
  assert.ok(!printed.includes("hush"), printed);
  assert.match(printed, /told/);
});

test("a port that is set to nothing is the usual one", () => {
  const schema = z.object({ PORT: port(7070) });
  const read = (value?: string) => readConfig(schema, value === undefined ? {} : { PORT: value }).PORT;
  assert.deepEqual([read(), read(""), read("0"), read("80")], [7070, 7070, 0, 80]);
  assert.throws(() => read("x"), /PORT/);
});

test("the first signal after its parent went, and one sent twice, leave a process to close in order", async () => {
  const { printed, code } = await ran(
    `const shutdown = process_.onShutdown(process_.openLog("test", "silent"));
     process_.endWithParent(shutdown);
     shutdown.add("part", () => new Promise((resolve) => {
       process.on("SIGINT", () => setTimeout(() => (console.log("closed"), resolve()), 50));
       console.log("closing");
     }));
     console.log("up");`,
    (child) => {
      child.stdout?.on("data", (data: Buffer) => {
        if (data.includes("up")) child.stdin?.end();
        if (data.includes("closing")) for (const signal of ["SIGTERM", "SIGINT"] as const) child.kill(signal);
      });
    },
  );
  assert.match(printed, /closed/);
  assert.equal(code, 0);
});
