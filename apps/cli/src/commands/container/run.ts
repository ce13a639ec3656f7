import { command } from "../../command.ts";
import { Failure, UsageError } from "../../failures.ts";
import { on } from "../../flags.ts";
import { inert } from "../../format/inert.ts";
import { lines, stream, type Piece } from "../../result.ts";
import { settled, WAIT } from "../../settled.ts";
import { follow } from "../../terminal/follow.ts";
import { CREATE_FLAGS, createBody } from "./create-flags.ts";
import { publishNotes } from "./port-flags.ts";

export default command({
  usage: "IMAGE [COMMAND [ARG...]]",
  takes: [1, Infinity],
  stopAtArgument: true,
  flags: {
    ...CREATE_FLAGS,
    detach: on("d", "Leave it running and print its id"),
  },
  async run(ctx, { flags, args }) {
    const { detach, interactive, tty, rm } = flags;
    if (ctx.json && !detach) throw new UsageError("--json needs -d: in the foreground the output is the container's");
    if (!detach && interactive && tty && !ctx.stdin.isTTY) throw new Failure("the input device is not a TTY");
    const client = await ctx.client();
    const made = await client.containers.create(await createBody(ctx, client, flags, args), WAIT);
    // The service does it too, some seconds later: for whoever is not here any more by then.
    const remove = () => client.containers.remove(made.id, { force: true, volumes: true, ...WAIT });
    const notes = publishNotes(made, flags.publish);
    if (detach) return lines([settled(made, ["running", "restarting", "exited"]).id], made, notes);
    return stream(
      (async function* (): AsyncGenerator<Piece, number> {
        try {
          settled(made, ["running", "restarting", "exited"]);
          for (const note of notes) yield { to: "stderr", data: `hafen: ${inert(note)}\n` };
          const ended = yield* follow(ctx, client, made, { input: interactive, proxySignals: true });
          if (ended.left) yield { to: "stderr", data: `hafen: ${inert(made.name)} goes on\n` };
          if (rm && !ended.left) await remove();
          return ended.exitCode;
        } catch (error) {
          if (rm) await remove().catch(() => {}); // the first error is the one to tell
          throw error;
        }
      })(),
    );
  },
});
