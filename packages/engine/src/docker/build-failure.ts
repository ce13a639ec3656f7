import type { BuildFailure } from "../engine.ts";
import { EngineError } from "../error.ts";
import { excerpt } from "./errors.ts";

export interface Failure {
  kind: BuildFailure;
  message: string;
  exitCode?: number | undefined;
}

const RUN = /^The command '.*' returned a non-zero code: (\d+)$/s;
/** The exec form of RUN: nothing ran, so the engine has no exit code; a shell's are given. */
const NOT_STARTED = /(executable file not found|no such file or directory|permission denied)[^\n]*(: unknown)?$/;
const BY_TEXT: [RegExp, BuildFailure][] = [
  [/^failed to reach build target|target stage .* could not be found/i, "target_not_found"],
  [/^(COPY|ADD) failed|^forbidden path outside the build context/i, "copy_failed"],
  [
    /pull access denied|manifest (for .* )?(unknown|not found)|no such image|repository .* not found|reference does not exist/i,
    "base_not_found",
  ],
  [
    /dockerfile parse error|unknown instruction|failed to parse dockerfile|dockerfile|no build stage in current context|requires at least|requires exactly|unknown flag/i,
    "dockerfile_invalid",
  ],
];

/**
 * Why the engine ended a build. The message of a RUN holds the user's own words, so it is recognised first and as a whole;
 * throws when it is the engine that failed, not the build.
 */
export function buildFailure(message: string, code: number | undefined, instruction: string | undefined): Failure {
  const whole = message.trim();
  const text = excerpt(whole);
  const ran = RUN.exec(whole);
  if (ran) return { kind: "run_failed", message: text, exitCode: code ?? Number(ran[1]) };
  if (/^RUN\s/i.test(instruction ?? "") && NOT_STARTED.test(text))
    return { kind: "run_failed", message: text, exitCode: text.includes("permission denied") ? 126 : 127 };
  const byText = BY_TEXT.find(([pattern]) => pattern.test(text))?.[1];
  if (byText) return { kind: byText, message: text };
  if (/no space left on device$/i.test(text)) throw new EngineError("no_space", `build: ${text}`);
  if (
    /context canceled$|connection refused$|containerd.*(unavailable|not running)/i.test(text) &&
    !fromLine(instruction)
  ) {
    throw new EngineError("unavailable", `build: ${text}`);
  }
  // A base that is not here is pulled; whatever stops that, the base is what is missing.
  return { kind: fromLine(instruction) ? "base_not_found" : "build_failed", message: text };
}

function fromLine(instruction: string | undefined): boolean {
  return instruction !== undefined && /^(FROM\s|(COPY|ADD)\s.*--from=)/i.test(instruction);
}
