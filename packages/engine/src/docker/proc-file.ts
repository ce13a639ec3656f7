import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** Files of /proc and /sys/fs/cgroup go with what they are about, also between opening and reading. */
const GONE = ["ENOENT", "ESRCH", "ENODEV"];

export function isGone(cause: unknown): boolean {
  return GONE.includes((cause as NodeJS.ErrnoException).code ?? "");
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    return unlessGone(cause);
  }
}

/** For what must be quicker than a thread's turn: such a file is read in some 20 µs. */
export function readNow(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch (cause) {
    return unlessGone(cause);
  }
}

/** Process ids in a cgroup itself, and not in those below it. */
export function pidsIn(directory: string): number[] {
  const text = readNow(`${directory}/cgroup.procs`) ?? "";
  return text
    .split("\n")
    .map(Number)
    .filter((pid) => pid > 0);
}

export function childrenOf(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));
  } catch (cause) {
    return unlessGone(cause) ?? [];
  }
}

/** Version 1 writes its highest number where there is no limit, version 2 the word. */
export function quantity(text: string | undefined): number | undefined {
  const value = Number(text?.trim() || Number.NaN);
  return Number.isNaN(value) || value >= 2 ** 60 ? undefined : value;
}

/** Of a file with a line for each figure. */
export function keyed(text: string | undefined, key: string): number | undefined {
  return quantity(
    text
      ?.split("\n")
      .find((line) => line.startsWith(`${key} `))
      ?.slice(key.length),
  );
}

/** The command in brackets may hold anything, brackets too: fields count from the last one. */
export function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function unlessGone(cause: unknown): undefined {
  if (!isGone(cause)) throw cause;
}
