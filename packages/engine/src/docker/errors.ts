import { EngineError, type EngineErrorKind } from "../error.ts";

/** What some texts of a failed call mean, where the status does not know. Each verb has its own: the same errno is another's trouble. */
export type Wording = readonly (readonly [RegExp, EngineErrorKind])[];

/** Of a create, start or exec: what can never work as it is described. Paths are the container's; a path of the host is the host's trouble. */
export const STARTING: Wording = [
  /^exec: "[^"]*": /i,
  /^exec \S+: (no such file or directory|permission denied|exec format error)$/i,
  /exec user process caused.*: (no such file or directory|permission denied|exec format error)$/i,
  /^chdir to cwd \(.*\) set in config\.json failed: |^cannot mkdir: .* is not a directory$/i,
  /mounting "[^"]*" to rootfs .*: (not a directory|is a directory)\b/i,
  /unable to find (user|group)|no matching entries in (passwd|group) file|uids and gids must be in range/i,
  /invalid (mount|reference|cap)|no command specified|unknown (capability|signal)|invalid signal|argument list too long/i,
  /message larger than max/i,
].map((text) => [text, "invalid"] as const);

/** Of files in a container. The engine puts the host's path before the container's. */
export const FILES: Wording = [
  [/^extraction point is not a directory$|^lstat .*: not a directory$/i, "not_directory"],
  // A link that leads to itself, and a name no file system has.
  [/: (too many links|too many levels of symbolic links|file name too long)|too many links in/i, "not_found"],
  [/^(container rootfs|mounted volume) is marked read-only$/i, "read_only"],
  [/processing tar file|archive\/tar: |invalid tar|unexpected EOF/i, "invalid"],
];

export const UPDATING: Wording = [[/unable to set memory limit|device or resource busy/i, "conflict"]];

/** Of any call. */
const NOT_NOW =
  /is not running|is (not |already )?paused|is restarting|cannot resize a stopped|process already finished/i;

/**
 * The one place that reads the engine's answers. The status decides; the text only where the status does not know
 * (dockerd sends 500 for a missing user), and dockerode's own wording (`no such container` for a missing path) never.
 */
export function toEngineError(what: string, cause: unknown, wording: Wording = []): Error {
  if (cause instanceof EngineError || cause instanceof SourceError)
    return cause instanceof SourceError ? cause.source : cause;
  const text = engineText(cause);
  return new EngineError(kindOf(httpStatus(cause), text, wording), `${what}: ${excerpt(text)}`, { cause });
}

function kindOf(status: number | undefined, text: string, wording: Wording): EngineErrorKind {
  if (status === undefined) return "unavailable";
  if (/no space left on device|disk quota exceeded/i.test(text)) return "no_space";
  if (status === 404) return "not_found";
  if (status === 409) return "conflict";
  if (status >= 400 && status < 500) return "invalid";
  const said = wording.find(([pattern]) => pattern.test(text))?.[1];
  return said ?? (NOT_NOW.test(text) ? "conflict" : "unavailable");
}

export function httpStatus(cause: unknown): number | undefined {
  const status = (cause as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === "number" ? status : undefined;
}

/** The status a failed call was answered with, seen through the `EngineError` around it. */
export function causeStatus(error: unknown): number | undefined {
  return error instanceof EngineError ? httpStatus(error.cause) : undefined;
}

const EXCERPT_CHARACTERS = 2_000;
/** Enough for how the text ends, which is what says why. */
const END_CHARACTERS = 500;

/** A text that may hold any number of the user's words, short enough to keep, and without half a surrogate pair where it was cut. */
export function excerpt(text: string): string {
  if (text.length <= EXCERPT_CHARACTERS) return text;
  const start = text.slice(0, EXCERPT_CHARACTERS - END_CHARACTERS).toWellFormed();
  return `${start} … ${text.slice(-END_CHARACTERS).toWellFormed()}`;
}

/** Engine text without the layers each component wraps around it. */
export function engineText(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message
    .replace(/^\(HTTP code \d+\) .*? - /s, "")
    .replace(/^(Error response from daemon: )+/, "")
    .replace(/^.*OCI runtime (create|exec|start) failed: /s, "")
    .replace(
      /^(runc (create|exec) failed: |container_linux\.go:\d+: |starting container process caused: |unable to start container process: |exec failed: |process_linux\.go:\d+: )+/,
      "",
    )
    .replace(/(: unknown)+\s*$/, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** The caller's own stream broke while the engine was reading it: no failure of the engine, so it surfaces as it came. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly source: Error;

  constructor(source: unknown) {
    super("the source of an upload failed");
    this.source = source instanceof Error ? source : new Error(String(source));
  }
}
