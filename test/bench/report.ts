import { execFile } from "node:child_process";
import { cpus, release, totalmem } from "node:os";
import { promisify } from "node:util";
import type { Figures } from "./samples.ts";

/** One line of the table. `ratio` and `differenceMs` hold its p50 against the line of its measure marked as the base. */
export interface Line extends Figures {
  measure: string;
  way: string;
  ratio: number | null;
  differenceMs: number | null;
}

/** What issue 2 asks for. Not a test: a busy machine misses it, and then the line says so. */
export interface Aim {
  what: string;
  limit: number;
  value: number;
  unit: "ms" | "×";
  met: boolean;
}

/** What one measure found, and all of them together. */
export interface Report {
  lines: Line[];
  aims: Aim[];
  /** Medians of the stage timings in the answers to create→running. */
  stages?: Record<string, number>;
}

/** The first way is the base of the others. */
export function lines(measure: string, ways: string[], taken: Figures[]): Line[] {
  const base = taken[0]?.p50Ms;
  return taken.map((one, i) => ({
    measure,
    way: ways[i] ?? "",
    ...one,
    ratio: i === 0 || base === undefined ? null : one.p50Ms / base,
    differenceMs: i === 0 || base === undefined ? null : one.p50Ms - base,
  }));
}

export function aim(what: string, value: number, limit: number, unit: Aim["unit"]): Aim {
  return { what, value, limit, unit, met: value <= limit };
}

export function print({ lines: all, aims, stages }: Report): void {
  const rows = all.map((line) => [
    line.measure,
    line.way,
    String(line.samples),
    ms(line.p50Ms),
    ms(line.p95Ms),
    ms(line.p99Ms),
    line.ratio === null ? "" : `${line.ratio.toFixed(2)}×`,
    line.differenceMs === null ? "" : `${line.differenceMs >= 0 ? "+" : ""}${ms(line.differenceMs)}`,
  ]);
  table([["measure", "way", "n", "p50 ms", "p95 ms", "p99 ms", "ratio", "difference"], ...rows]);
  if (stages)
    console.log(
      `\nstages of create→running, p50: ${Object.entries(stages)
        .map(([name, value]) => `${name} ${ms(value)}`)
        .join("  ")}`,
    );
  console.log();
  table([
    ["aim", "limit", "now", ""],
    ...aims.map(({ what, limit, value, unit, met }) => [
      what,
      `${limit} ${unit}`,
      `${unit === "×" ? value.toFixed(2) : ms(value)} ${unit}`,
      met ? "met" : "MISSED",
    ]),
  ]);
}

function ms(value: number): string {
  return value.toFixed(1);
}

function table(rows: string[][]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    );
}

/** What the figures depend on; `load` is the machine's before the bench began. */
export async function machine(
  engineVersion: string,
  postgresVersion: string,
  load: number,
): Promise<Record<string, unknown>> {
  const commit = await promisify(execFile)("git", ["rev-parse", "--short", "HEAD"]).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
  return {
    at: new Date().toISOString(),
    commit,
    cpu: cpus()[0]?.model ?? "unknown",
    cpus: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    engine: engineVersion,
    postgres: postgresVersion,
    loadBefore: load,
  };
}
