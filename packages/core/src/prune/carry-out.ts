import { ProblemError, type PruneItem } from "@hafen/contract";

/** What is to become of one thing, and why. */
export interface Verdict {
  id: string;
  name: string;
  goes: boolean;
  why: string;
}

export interface Means {
  kind: PruneItem["kind"];
  /** The verb, which looks again in its own transaction. */
  remove(id: string): Promise<unknown>;
  /** In a dry run, for what only its host can know. */
  check?(id: string): Promise<void>;
  /** What it frees; asked once it is gone, or for a dry run as if it were. */
  bytes(id: string, goes: boolean): number | null;
}

export interface Outcome {
  removed: PruneItem[];
  kept: PruneItem[];
}

/** One after the other, so that being killed leaves each either there or gone. What a verb refuses is kept, with its words. */
export async function carryOut(verdicts: Verdict[], means: Means, dryRun: boolean): Promise<Outcome> {
  const { kind } = means;
  const removed: PruneItem[] = [];
  const kept = verdicts.filter(({ goes }) => !goes);
  for (const verdict of verdicts.filter(({ goes }) => goes)) {
    const { id, name, why } = verdict;
    try {
      await (dryRun ? means.check?.(id) : means.remove(id));
      removed.push({ kind, id, name, bytes: means.bytes(id, true), why });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      // Somebody else was quicker: it is neither ours nor there.
      if (!error.code.endsWith("_not_found")) kept.push({ ...verdict, why: error.detail });
    }
  }
  return { removed, kept: kept.map(({ id, name, why }) => ({ kind, id, name, bytes: means.bytes(id, false), why })) };
}
