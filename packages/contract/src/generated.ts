import { readFileSync, writeFileSync } from "node:fs";

/** For a program that makes a checked-in file: writes it, or with `--check` fails when it has drifted from what it is made from. */
export function keepGenerated(path: URL, text: string): void {
  if (!process.argv.includes("--check")) return writeFileSync(path, text);
  if (readFileSync(path, "utf8") === text) return;
  process.stderr.write(`${path.pathname} has drifted from the contract: run \`npm run generate\`\n`);
  process.exitCode = 1;
}
