import { Hafen, HafenError } from "@hafen/sdk";
import type { Command } from "./command.ts";
import { findCommand, NAMES } from "./commands/table.ts";
import { choosePlace } from "./contexts/choose.ts";
import type { Ctx } from "./ctx.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { Failure, UsageError } from "./failures.ts";
import { GLOBAL_FLAGS, TOP_FLAGS } from "./global-flags.ts";
import { commandHelp, overview } from "./help.ts";
import { complain, print } from "./output.ts";
import { parseArguments } from "./parse-arguments.ts";
import { problemText } from "./problem-text.ts";
import { lines } from "./result.ts";

export type Surroundings = Omit<Ctx, "client" | "json" | "verbose" | "contextName">;

/** One command line, from words to exit code. */
export async function runCommand(surroundings: Surroundings, argv: readonly string[]): Promise<number> {
  const ctx = contextOf(surroundings);
  let name = "";
  let failureCode: number = EXIT_CODES.failed;
  try {
    const { flags, args } = parseArguments({ ...GLOBAL_FLAGS, ...TOP_FLAGS }, argv, { stopAtArgument: true });
    if (flags.version) args.splice(0, Infinity, "version");
    if (args.length === 0 || (flags.help && !findCommand(args))) return await print(ctx, lines(overview(), overview()));
    const found = findCommand(args);
    if (!found) throw unknownCommand(args);
    name = found.row.name;
    const { default: command } = await found.row.load();
    failureCode = command.failureCode ?? failureCode;
    const parsed = parseArguments({ ...GLOBAL_FLAGS, ...command.flags }, found.rest, command);
    ctx.json = flags.json || parsed.flags.json;
    ctx.verbose = flags.verbose || (parsed.flags.verbose && !("verbose" in command.flags));
    ctx.contextName = parsed.flags.context ?? flags.context;
    if (flags.help || parsed.flags.help) {
      const help = commandHelp(name, found.row.summary, command);
      return await print(ctx, lines(help, help));
    }
    checkCount(command, parsed.args.length);
    return await print(ctx, await command.run(ctx, parsed));
  } catch (error) {
    return await explain(ctx, name, error, failureCode);
  }
}

function contextOf(surroundings: Surroundings): Ctx {
  let client: Promise<Hafen> | undefined;
  const ctx: Ctx = {
    ...surroundings,
    json: false,
    verbose: false,
    contextName: undefined,
    client: () => (client ??= openClient(ctx)),
  };
  return ctx;
}

async function openClient(ctx: Ctx): Promise<Hafen> {
  const { url, apiKey, from } = await choosePlace({ env: ctx.env, cwd: ctx.cwd, name: ctx.contextName });
  if (ctx.verbose) await complain(ctx, `using ${url}, from ${from}`);
  return new Hafen({ url, apiKey });
}

function unknownCommand([first = "", second]: string[]): UsageError {
  const nouns = NAMES.filter((name) => name.startsWith(`${first} `)).map((name) => name.slice(first.length + 1));
  if (nouns.length === 0) return new UsageError(`'${first}' is not a hafen command`);
  return new UsageError(
    `${second === undefined ? `'${first}' needs` : `'${first} ${second}' is not`} one of: ${nouns.join(", ")}`,
  );
}

function checkCount({ takes: [min, max], usage }: Command, count: number): void {
  const some = (number: number) => `${number} argument${number === 1 ? "" : "s"}`;
  if (min === max && count !== min)
    throw new UsageError(`needs ${min === 0 ? "no arguments" : `exactly ${some(min)}`}: ${usage}`);
  if (count < min) throw new UsageError(`needs at least ${some(min)}: ${usage}`);
  if (count > max) throw new UsageError(`takes at most ${some(max)}: ${usage}`);
}

/** The one place that says what went wrong, and with which code the process ends. */
async function explain(ctx: Ctx, name: string, error: unknown, failureCode: number): Promise<number> {
  if (error instanceof UsageError) {
    await complain(
      ctx,
      `${name === "" ? "" : `${name}: `}${error.message.replace(/: $/, "")} (see: hafen ${name === "" ? "help" : `${name} --help`})`,
    );
    return EXIT_CODES.usage;
  }
  if (error instanceof HafenError) await complain(ctx, problemText(error));
  else if (error instanceof Failure) await complain(ctx, error.message);
  else if (isSystemError(error)) await complain(ctx, error.message);
  else throw error;
  return error instanceof Failure ? (error.exitCode ?? failureCode) : failureCode;
}

/** Of the file system, mostly: a message for people already. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}
