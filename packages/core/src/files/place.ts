import type { ProblemError } from "@hafen/contract";

/** Where files are: a path of a container of the engine, which resolves it inside that container's own root. */
export interface Place extends AsyncDisposable {
  engineId: string;
  /** As the engine takes it. */
  path: string;
  /** As its user wrote it. */
  shown: string;
  /** Whose files they are, in words. */
  owner: string;
  /** Aborts when nobody wants the files any more. */
  signal: AbortSignal;
  /** A path that a link leads to, as the user writes it; undefined when it is out of reach. */
  reach(path: string): string | undefined;
  /** What of a path is not on a disk, if anything is: there the engine has what lies below it, which nobody in the container sees. */
  inMemory?(path: string): string | undefined;
  /** The error when `owner` is not there any more, and when its state does not allow this. */
  gone(): ProblemError;
  wrongState(): ProblemError;
}
