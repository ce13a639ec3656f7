import type { Ctx } from "../ctx.ts";
import { Failure, UsageError } from "../failures.ts";
import { write } from "../output.ts";

/** As docker asks before it removes many things: only a y goes on, and without a terminal there is nobody to ask. */
export async function confirm({ stdin, stderr }: Pick<Ctx, "stdin" | "stderr">, warning: string): Promise<void> {
  if (!stdin.isTTY)
    throw new UsageError("this removes things and nobody can be asked: give --force (-f), or --dry-run");
  await write(stderr, `WARNING! ${warning}\nAre you sure you want to continue? [y/N] `);
  let answer = "";
  for await (const chunk of stdin) {
    answer += (chunk as Buffer).toString();
    if (answer.includes("\n")) break;
  }
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure("nothing was removed");
}
