import { EngineError, type EngineErrorKind } from "../error.ts";

/** What the engine says when the container can never start as it is described, whatever the status. */
const NEVER_STARTS = [
  /executable file not found/i,
  /exec format error/i,
  /unable to find (user|group)|no matching entries in (passwd|group) file|uids and gids must be in range/i,
  /(exec|stat|chdir|mkdir|mount|mounting|rootfs|cwd).*(no such file or directory|permission denied|not a directory|is a directory)/i,
  /invalid (mount|argument|reference|cap)|no command specified|unknown (capability|signal)|invalid signal|argument list too long/i,
  /message larger than max/i,
];
/** What it says of an archive it cannot read. */
const NO_ARCHIVE = /processing tar file|archive\/tar: |invalid tar|unexpected EOF/i;

/** What it says of a path in a container, with the host's path before it. */
const NO_DIRECTORY = /^extraction point is not a directory$|^lstat .*: not a directory$/i;
/** A link that leads to itself, and a name no file system has. */
const NOT_THERE = /: (too many links|too many levels of symbolic links|file name too long)|too many links in/i;
const READ_ONLY = /^(container rootfs|mounted volume) is marked read-only$/i;

/**
 * The one place that reads the engine's answers. The status decides; the text only where the status does not know
 * (dockerd sends 500 for a missing user), and dockerode's own wording (`no such container` for a missing path) never.
 */
export function toEngineError(what: string, cause: unknown): Error {
  if (cause instanceof EngineError || cause instanceof SourceError)
    return cause instanceof SourceError ? cause.source : cause;
  const status = httpStatus(cause);
  const text = engineText(cause);
  return new EngineError(kindOf(status, text), `${what}: ${text}`, { cause });
}

function kindOf(status: number | undefined, text: string): EngineErrorKind {
  if (status === undefined) return "unavailable";
  if (/no space left on device|disk quota exceeded/i.test(text)) return "no_space";
  if (status === 404) return "not_found";
  if (status === 409) return "conflict";
  if (status >= 400 && status < 500) return "invalid";
  if (NO_DIRECTORY.test(text)) return "not_directory";
  if (NOT_THERE.test(text)) return "not_found";
  if (READ_ONLY.test(text)) return "read_only";
  if (/unable to set memory limit|device or resource busy/i.test(text)) return "conflict";
  if (
    /is not running|is (not |already )?paused|is restarting|cannot resize a stopped|process already finished/i.test(
      text,
    )
  )
    return "conflict";
  return [...NEVER_STARTS, NO_ARCHIVE].some((pattern) => pattern.test(text)) ? "invalid" : "unavailable";
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
    .trim()
    .slice(0, 500);
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
