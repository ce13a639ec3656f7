import { styleText } from "node:util";

const started = performance.now();

/** A line of progress, with the seconds since the start. */
export function say(line: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  console.log(`${styleText("dim", `${seconds} s`)}  ${line}`);
}

export function heading(line: string): void {
  console.log(`\n${styleText("bold", line)}`);
}

/** What a command would be, and what it printed. */
export function shell(line: string): void {
  console.log(`  ${styleText("cyan", "$")} ${line}`);
}
export function output(line: string): void {
  console.log(`  ${styleText("dim", "│")} ${line}`);
}
