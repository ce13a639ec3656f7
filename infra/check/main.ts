import { execFile } from "node:child_process";
import { join } from "node:path";
import { styleText } from "node:util";
import { findViolations } from "./architecture.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const TIMEOUT_MS = 120_000;

interface Outcome {
  name: string;
  ok: boolean;
  output: string;
  durationMs: number;
}

/** Programs of node_modules/.bin. None of them needs a service or the network. */
const PROGRAMS: { name: string; program: string; args: string[] }[] = [
  { name: "types", program: "tsc", args: ["-p", "."] },
  { name: "lint", program: "oxlint", args: ["--type-aware"] },
  { name: "format", program: "oxfmt", args: ["--check", "."] },
  { name: "boundaries", program: "turbo", args: ["boundaries"] },
  { name: "openapi", program: "node", args: ["packages/contract/src/openapi.ts", "--check"] },
  { name: "problems", program: "node", args: ["packages/contract/src/problems-page.ts", "--check"] },
];

const outcomes = await Promise.all([...PROGRAMS.map(runProgram), checkArchitecture()]);
for (const { name, ok, durationMs } of outcomes) {
  const mark = ok ? styleText("green", "✔") : styleText("red", "✖");
  console.log(`${mark} ${name.padEnd(12)} ${(durationMs / 1_000).toFixed(1)} s`);
}
const broken = outcomes.filter((outcome) => !outcome.ok);
for (const { name, output } of broken) console.log(`\n${styleText("bold", name)}\n${output.trim()}`);
process.exitCode = broken.length === 0 ? 0 : 1;

function runProgram({ name, program, args }: (typeof PROGRAMS)[number]): Promise<Outcome> {
  const startedAt = performance.now();
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
  const options = { cwd: ROOT, env, timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 };
  execFile(join(ROOT, "node_modules", ".bin", program), args, options, (error, stdout, stderr) => {
    const output = [stdout, stderr, error && error.code === undefined ? error.message : ""].join("\n");
    resolve({ name, ok: error === null, output, durationMs: performance.now() - startedAt });
  });
  return promise;
}

async function checkArchitecture(): Promise<Outcome> {
  const startedAt = performance.now();
  const violations = findViolations(ROOT);
  return {
    name: "architecture",
    ok: violations.length === 0,
    output: violations.join("\n"),
    durationMs: performance.now() - startedAt,
  };
}
