import type { Ctx } from "./ctx.ts";
import type { Flags, Values } from "./flags.ts";
import type { Result } from "./result.ts";

export interface Command<F extends Flags = Flags> {
  /** The arguments, as the help shows them. */
  usage: string;
  /** How many of them, at least and at most. */
  takes: readonly [min: number, max: number];
  flags: F;
  /** Flags after the first argument belong to it. */
  stopAtArgument?: boolean;
  /** Docker's flags that it does not take on purpose, and why. */
  refused?: Readonly<Record<string, string>>;
  /** What it ends with when the service refuses or fails; default 1. */
  failureCode?: number;
  run(ctx: Ctx, input: { flags: Values<F>; args: string[] }): Promise<Result>;
}

export function command<F extends Flags>(definition: Command<F>): Command<F> {
  return definition;
}
