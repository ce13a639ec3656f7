import { readFile } from "node:fs/promises";
import { type Account, ensureAccount } from "./accounts.ts";
import { run } from "./command.ts";

export interface IdRange {
  first: number;
  count: number;
}

// A name for a range of ids, no more: no process ever runs as this account.
const REMAP_ACCOUNT = "hafen-remap";
const COUNT = 65_536;
// Above what useradd hands to people (from 100000) on a machine with few of them.
const FIRST = 1_000_000;

/**
 * The account whose subordinate ids the engine maps containers onto: root in a container is an id
 * on the host that owns nothing, so an escape meets a machine where it may touch nothing.
 */
export async function ensureRemapAccount(): Promise<Account> {
  const account = await ensureAccount(REMAP_ACCOUNT);
  const [uids, gids] = await Promise.all([readRanges("/etc/subuid"), readRanges("/etc/subgid")]);
  const first = firstFree([...uids.values(), ...gids.values()].flat());
  const range = `${first}-${first + COUNT - 1}`;
  if (!uids.has(REMAP_ACCOUNT)) await run("usermod", ["--add-subuids", range, REMAP_ACCOUNT]);
  if (!gids.has(REMAP_ACCOUNT)) await run("usermod", ["--add-subgids", range, REMAP_ACCOUNT]);
  return account;
}

export function firstFree(taken: IdRange[]): number {
  return Math.max(FIRST, ...taken.map((range) => range.first + range.count));
}

async function readRanges(path: string): Promise<Map<string, IdRange[]>> {
  const ranges = new Map<string, IdRange[]>();
  for (const line of (await readFile(path, "utf8").catch(() => "")).split("\n")) {
    const [owner, first, count] = line.trim().split(":");
    if (!owner || !first || !count) continue;
    ranges.set(owner, [...(ranges.get(owner) ?? []), { first: Number(first), count: Number(count) }]);
  }
  return ranges;
}
