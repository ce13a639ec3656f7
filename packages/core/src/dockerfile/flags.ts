import { quoted } from "../archive/quoted.ts";
import { invalid } from "./invalid.ts";
import { isSpace, trim } from "./space.ts";

export interface Flag {
  name: string;
  value: string;
}

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  FROM: ["platform"],
  COPY: ["from", "chown"],
  ADD: ["chown"],
  HEALTHCHECK: ["interval", "timeout", "start-period", "retries"],
};
const BUILDKIT: Readonly<Record<string, readonly string[]>> = {
  RUN: ["mount", "network", "security", "device"],
  COPY: ["link", "chmod", "parents", "exclude"],
  ADD: ["link", "chmod", "checksum", "keep-git-dir", "exclude", "unpack"],
  HEALTHCHECK: ["start-interval"],
};
const INSTEAD: Readonly<Record<string, string>> = {
  chmod: "Use RUN chmod, or set the mode in the context",
  network: "Leave it out: a build has one network for all its steps",
};
const INSTEAD_OF_MOUNT: Readonly<Record<string, string>> = {
  bind: "Use COPY for files of the context or of another stage",
  cache:
    "Leave it out: a step that has not changed is taken from the layer cache; put what changes seldom, as the list of packages, into a step of its own before the rest",
  tmpfs: "Write to a directory and remove it at the end of the same RUN",
  secret: "No secret can be kept out of an image here: fetch what needs one outside, and COPY it",
  ssh: "Fetch what needs a key outside, and COPY it",
};

/** Takes the `--name=value` words from the front, as Docker does before each instruction's arguments. */
export function takeFlags(keyword: string, rest: string, line: number): { flags: Flag[]; text: string } {
  const flags: Flag[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(rest.charAt(at))) at++;
    if (!rest.startsWith("--", at)) return { flags, text: trim(rest.slice(at)) };
    const { word, end } = flagWord(rest, at, line);
    flags.push(checked(keyword, word, flags, line));
    at = end;
  }
}

/** One word with its quotes and backslashes removed. A backslash escapes here whatever the escape directive says. */
function flagWord(rest: string, start: number, line: number): { word: string; end: number } {
  let word = "";
  let quote = "";
  let at = start;
  for (; at < rest.length; at++) {
    let character = rest.charAt(at);
    if (quote === "" && isSpace(character)) break;
    if (quote === "" && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = "";
    else {
      if (character === "\\") character = rest.charAt(++at);
      word += character;
    }
  }
  if (quote !== "") throw invalid(line, `the quote in ${quoted(word)} is not closed`);
  return { word, end: at };
}

/** A mount without a type is a bind. */
function instead(name: string, value: string): string {
  if (name !== "mount") return INSTEAD[name] ?? "Leave it out";
  const type = /(?:^|,)type=([a-z]+)/.exec(value)?.[1] ?? "bind";
  return INSTEAD_OF_MOUNT[type] ?? "Leave it out";
}

function checked(keyword: string, word: string, before: readonly Flag[], line: number): Flag {
  if (word === "--")
    throw invalid(line, "a bare -- is not taken. Remove it, and write ./--name for files that start with dashes");
  const equals = word.indexOf("=");
  const name = word.slice(2, equals === -1 ? undefined : equals);
  const value = equals === -1 ? "" : word.slice(equals + 1);
  if (BUILDKIT[keyword]?.includes(name)) {
    throw invalid(line, `${keyword} --${name} needs BuildKit, which is not allowed here. ${instead(name, value)}`);
  }
  if (!ALLOWED[keyword]?.includes(name))
    throw invalid(line, `${keyword} has no flag ${quoted(`--${name}`)}. Remove it`);
  if (value === "") throw invalid(line, `--${name} needs a value: --${name}=…`);
  if (before.some((flag) => flag.name === name)) throw invalid(line, `--${name} is there twice. Remove one`);
  // Written again without quotes, so it must need none.
  if (/["'\\`]/.test(value) || value.split("").some(isSpace))
    throw invalid(line, `the value of --${name} has blanks, quotes or escapes. Write it without`);
  return { name, value };
}
