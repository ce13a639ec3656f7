#!/usr/bin/env node
// The sources are TypeScript: a Node that cannot strip types hands over to the one that npm has installed here.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { constants, homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAJOR = 24;
const here = fileURLToPath(import.meta.url);

if (Number.parseInt(process.versions.node, 10) >= MAJOR) {
  // Stripping types takes most of a start; what was stripped once is kept.
  const cache = process.env.XDG_CACHE_HOME;
  module.enableCompileCache(join(cache?.startsWith("/") ? cache : join(homedir(), ".cache"), "hafen"));
  const { main } = await import("../src/main.ts");
  await main(process.argv.slice(2));
} else {
  const node = fileURLToPath(new URL("../../../node_modules/.bin/node", import.meta.url));
  if (existsSync(node)) handOver(node);
  else {
    process.stderr.write(`hafen: needs Node ${MAJOR} or newer, this is ${process.version}; npm install brings one\n`);
    process.exitCode = 1;
  }
}

function handOver(node) {
  const child = spawn(node, [here, ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal signals both of us; the child decides. What is sent to this process alone is passed on.
  process.on("SIGINT", () => {});
  process.on("SIGQUIT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}
