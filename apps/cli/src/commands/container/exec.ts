import { buffer } from "node:stream/consumers";
import { command } from "../../command.ts";
import { EXIT_CODES } from "../../exit-codes.ts";
import { Failure } from "../../failures.ts";
import { many, on, one } from "../../flags.ts";
import { durationMs } from "../../format/quantities.ts";
import { lines, stream, type Piece } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";
import { environment } from "./create-flags.ts";

/** The most that the service gives. */
const MAX_SECONDS = 3600;

export default command({
  usage: "CONTAINER COMMAND [ARG...]",
  takes: [2, Infinity],
  stopAtArgument: true,
  flags: {
    interactive: on("i", "Give it standard input, to its end; text of at most 1 MiB"),
    env: many("NAME=VALUE", ["e", "Set a variable"]),
    envFile: many("FILE", ["Set the variables in a file"]),
    workdir: one("PATH", ["w", "The working directory"]),
    user: one("USER[:GROUP]", ["u", "Who it runs as"]),
    timeout: one("SPAN", ["End it after this, such as 30s; default 1h, the most there is"], durationMs),
  },
  async run(ctx, { flags, args: [given = "", ...words] }) {
    const client = await ctx.client();
    const env = await environment(ctx, flags.envFile, flags.env);
    const stdin = flags.interactive ? await inputOf(ctx.stdin) : undefined;
    const result = await client.containers.exec(await containerRef(client, given), {
      command: words,
      ...(Object.keys(env).length > 0 ? { env } : {}),
      ...(flags.workdir === undefined ? {} : { workingDir: flags.workdir }),
      ...(flags.user === undefined ? {} : { user: flags.user }),
      ...(stdin === undefined ? {} : { stdin }),
      timeoutSeconds: flags.timeout === undefined ? MAX_SECONDS : flags.timeout / 1000,
    });
    if (ctx.json) return lines([], result);
    return stream(
      (async function* (): AsyncGenerator<Piece, number> {
        yield { to: "stdout", data: result.stdout };
        yield { to: "stderr", data: result.stderr };
        if (result.truncated)
          yield { to: "stderr", data: "hafen: the output was over 1 MiB and the rest is left out\n" };
        if (result.timedOut) yield { to: "stderr", data: "hafen: ended at its time limit\n" };
        return result.exitCode ?? EXIT_CODES.timedOut;
      })(),
    );
  },
});

async function inputOf(stdin: NodeJS.ReadableStream & { isTTY?: boolean }): Promise<string> {
  if (stdin.isTTY) throw new Failure("exec has no terminal yet: give -i a pipe or a file");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await buffer(stdin));
  } catch (cause) {
    throw new Failure("the input is not UTF-8 text; copy it in with hafen cp", { cause });
  }
}
