import { command } from "../../command.ts";
import { Failure, UsageError } from "../../failures.ts";
import { many, on, one } from "../../flags.ts";
import { durationMs } from "../../format/quantities.ts";
import { lines, stream } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";
import { REFUSED_FLAGS } from "../refused-flags.ts";
import { runExec } from "../../terminal/run-exec.ts";
import { environment } from "./create-flags.ts";

/** The most that the service gives to one that answers at its end. */
const MAX_SECONDS = 3600;

export default command({
  usage: "CONTAINER COMMAND [ARG...]",
  takes: [2, Infinity],
  refused: REFUSED_FLAGS,
  stopAtArgument: true,
  flags: {
    interactive: on("i", "Give it standard input"),
    tty: on("t", "Give it a terminal"),
    detach: on("d", "Leave it running in the background, without standard input"),
    env: many("NAME=VALUE", ["e", "Set a variable"]),
    envFile: many("FILE", ["Set the variables in a file"]),
    workdir: one("PATH", ["w", "The working directory"]),
    user: one("USER[:GROUP]", ["u", "Who it runs as"]),
    timeout: one("SPAN", ["End it, and all it started, after this, such as 30s"], durationMs),
  },
  async run(ctx, { flags, args: [given = "", ...words] }) {
    const { interactive, tty, detach, timeout } = flags;
    if (ctx.json && (interactive || tty || detach))
      throw new UsageError("--json is for a command with neither -i, -t nor -d");
    if (interactive && tty && !detach && !ctx.stdin.isTTY) throw new Failure("the input device is not a TTY");
    const client = await ctx.client();
    const ref = await containerRef(client, given);
    const env = await environment(ctx, flags.envFile, flags.env);
    const request = {
      command: words,
      ...(Object.keys(env).length > 0 ? { env } : {}),
      ...(flags.workdir === undefined ? {} : { workingDir: flags.workdir }),
      ...(flags.user === undefined ? {} : { user: flags.user }),
      ...(timeout === undefined ? {} : { timeoutSeconds: timeout / 1000 }),
    };
    if (ctx.json) return lines([], await client.containers.exec(ref, { timeoutSeconds: MAX_SECONDS, ...request }));
    if (!detach) return stream(runExec(ctx, client, ref, { ...request, tty, stdin: interactive }));
    const exec = await client.containers.execStream(ref, { ...request, tty });
    await exec.detach();
    return lines([], {});
  },
});
