import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** Files of /proc and /sys/fs/cgroup go with what they are about, also between opening and reading. */
const GONE = ["ENOENT", "ESRCH", "ENODEV"];

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

/** The command in brackets may hold anything, brackets too: fields count from the last one. */
export function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function unlessGone(cause: unknown): undefined {
  if (!GONE.includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
}
