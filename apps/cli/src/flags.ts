/** A flag of a command: how it is written, and what it means as a value of our own. */
export interface Flag<T> {
  short?: string;
  /** What its argument is called in the help; a flag without one is on or off. */
  value?: string;
  help: string;
  /** From all that was given for it, in order; on or off is "true" or "false". */
  read(given: string[]): T;
}
export type Flags = Record<string, Flag<unknown>>;
export type Values<F extends Flags> = { [Name in keyof F]: F[Name] extends Flag<infer T> ? T : never };

type Spelling = [short: string, help: string] | [help: string];

function spelled(spelling: Spelling): { short?: string; help: string } {
  return spelling.length === 2 ? { short: spelling[0], help: spelling[1] } : { help: spelling[0] };
}

export function on(...spelling: Spelling): Flag<boolean> {
  return { ...spelled(spelling), read: (given) => given.at(-1) === "true" };
}

/** The last one counts. */
export function one(value: string, spelling: Spelling): Flag<string | undefined>;
export function one<T>(value: string, spelling: Spelling, parse: (text: string) => T): Flag<T | undefined>;
export function one(value: string, spelling: Spelling, parse: (text: string) => unknown = String): Flag<unknown> {
  return {
    ...spelled(spelling),
    value,
    read: (given) => {
      const last = given.at(-1);
      return last === undefined ? undefined : parse(last);
    },
  };
}

/** May be given more than once. */
export function many(value: string, spelling: Spelling): Flag<string[]>;
export function many<T>(value: string, spelling: Spelling, parse: (text: string) => T): Flag<T[]>;
export function many(value: string, spelling: Spelling, parse: (text: string) => unknown = String): Flag<unknown[]> {
  return { ...spelled(spelling), value, read: (given) => given.map((text) => parse(text)) };
}

/** dryRun is written --dry-run. */
export function longName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
