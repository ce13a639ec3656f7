import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { command } from "../../command.ts";
import type { Ctx } from "../../ctx.ts";
import { UsageError } from "../../failures.ts";
import { inert } from "../../format/inert.ts";
import { lines } from "../../result.ts";
import { readSecret } from "../../terminal/secret.ts";

export default command({
  usage: "NAME [FILE|-]",
  takes: [1, 2],
  flags: {},
  async run(ctx, { args: [name = "", file] }) {
    const value = await valueOf(ctx, name, file);
    const client = await ctx.client();
    const secret = await client.secrets.store(name, value);
    return lines([inert(secret.id)], secret);
  },
});

/** Without a file it is asked for: an argument would be in the shell's history. */
async function valueOf(ctx: Pick<Ctx, "cwd" | "stdin" | "stderr">, name: string, file: string | undefined) {
  if (file !== undefined && file !== "-") return readFile(resolve(ctx.cwd, file));
  if (ctx.stdin.isTTY) {
    const value = await readSecret(ctx, `Value of ${inert(name)}: `);
    if (value === "") throw new UsageError("no value was given");
    return value;
  }
  if (file === undefined) throw new UsageError("give a file, or - for standard input");
  return Buffer.concat(await Array.fromAsync(ctx.stdin as AsyncIterable<Uint8Array>));
}
