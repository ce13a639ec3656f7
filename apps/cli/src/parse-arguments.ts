import { UsageError } from "./failures.ts";
import { longName, type Flag, type Flags, type Values } from "./flags.ts";

export interface Parsed<F extends Flags> {
  flags: Values<F>;
  args: string[];
}

export interface ParseOptions {
  /** Flags after the first argument belong to it: `run IMAGE ls -l`. */
  stopAtArgument?: boolean | undefined;
  /** Flags that are not taken on purpose, and why. */
  refused?: Readonly<Record<string, string>> | undefined;
}

const SWITCH = new Map([
  ["true", "true"],
  ["1", "true"],
  ["false", "false"],
  ["0", "false"],
]);

/** As docker's: `--name=x`, `--name x`, `-n x`, `-nx`, `-it`, and `--` for the end of flags. */
export function parseArguments<F extends Flags>(
  flags: F,
  argv: readonly string[],
  options: ParseOptions = {},
): Parsed<F> {
  const byLong = new Map(Object.keys(flags).map((name) => [longName(name), name]));
  const byShort = new Map(
    Object.entries(flags).flatMap(([name, { short }]) => (short ? [[short, name] as const] : [])),
  );
  const given = new Map<string, string[]>();
  const args: string[] = [];
  const words = [...argv];
  const flagNamed = (name: string) => flags[name] as Flag<unknown>;
  const give = (name: string, value: string) => given.set(name, [...(given.get(name) ?? []), value]);
  const argument = (written: string) => {
    const next = words.shift();
    if (next === undefined) throw new UsageError(`flag needs an argument: ${written}`);
    return next;
  };

  const long = (word: string) => {
    const equals = word.indexOf("=");
    const written = equals === -1 ? word : word.slice(0, equals);
    const value = equals === -1 ? undefined : word.slice(equals + 1);
    const name = byLong.get(written.slice(2));
    if (name === undefined) throw unknownFlag(written, options);
    if (flagNamed(name).value !== undefined) return give(name, value ?? argument(written));
    const state = SWITCH.get(value ?? "true");
    if (state === undefined) throw new UsageError(`invalid argument "${value}" for ${written}: true or false`);
    return give(name, state);
  };

  const short = (word: string) => {
    for (let at = 1; at < word.length; at++) {
      const letter = word.charAt(at);
      const name = byShort.get(letter);
      if (name === undefined && Object.hasOwn(options.refused ?? {}, `-${letter}`))
        throw unknownFlag(`-${letter}`, options);
      if (name === undefined) throw new UsageError(`unknown shorthand flag: '${letter}' in ${word}`);
      if (flagNamed(name).value === undefined) give(name, "true");
      else {
        const rest = word.slice(at + 1).replace(/^=/, "");
        return give(name, rest === "" ? argument(`-${letter}`) : rest);
      }
    }
    return undefined;
  };

  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") args.push(...words.splice(0));
    else if (word.startsWith("--")) long(word);
    else if (word.startsWith("-") && word !== "-") short(word);
    else {
      args.push(word);
      if (options.stopAtArgument) args.push(...words.splice(0));
    }
  }
  return { flags: valuesOf(flags, given), args };
}

function unknownFlag(written: string, { refused = {} }: ParseOptions): UsageError {
  if (!Object.hasOwn(refused, written)) return new UsageError(`unknown flag: ${written}`);
  return new UsageError(`${written} is not taken: ${refused[written]}`);
}

function valuesOf<F extends Flags>(flags: F, given: Map<string, string[]>): Values<F> {
  const values = Object.entries(flags).map(([name, flag]) => {
    const texts = given.get(name) ?? [];
    try {
      return [name, flag.read(texts)];
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`invalid argument "${texts.at(-1)}" for --${longName(name)}: ${error.message}`, {
        cause: error,
      });
    }
  });
  return Object.fromEntries(values) as Values<F>;
}
