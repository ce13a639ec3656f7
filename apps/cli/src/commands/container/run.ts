import type { Hafen } from "@hafen/sdk";
import { command } from "../../command.ts";
import { EXIT_CODES } from "../../exit-codes.ts";
import { Failure, UsageError } from "../../failures.ts";
import { on } from "../../flags.ts";
import { inert } from "../../format/inert.ts";
import { lines, stream, type Piece } from "../../result.ts";
import { settled, WAIT } from "../../settled.ts";
import { follow } from "../../terminal/follow.ts";
import { REFUSED_FLAGS } from "../refused-flags.ts";
import { CREATE_FLAGS, createBody } from "./create-flags.ts";
import { publishNotes } from "./port-flags.ts";

export default command({
  usage: "IMAGE [COMMAND [ARG...]]",
  takes: [1, Infinity],
  stopAtArgument: true,
  refused: REFUSED_FLAGS,
  failureCode: EXIT_CODES.usage,
  flags: {
    ...CREATE_FLAGS,
    detach: on("d", "Leave it running and print its id"),
  },
  async run(ctx, { flags, args }) {
    const { detach, interactive, tty, rm } = flags;
    if (ctx.json && !detach) throw new UsageError("--json needs -d: in the foreground the output is the container's");
    if (!detach && interactive && tty && !ctx.stdin.isTTY)
      throw new Failure("the input device is not a TTY", { exitCode: EXIT_CODES.failed });
    const client = await ctx.client();
    const body = await createBody(ctx, client, flags, args);
    if (detach) {
      const made = await settled(client, client.containers.create(body, WAIT), ["running", "restarting", "exited"]);
      return lines([made.id], made, publishNotes(made, flags.publish));
    }
    const made = await client.containers.create({ ...body, start: false }, WAIT);
    return stream(
      (async function* (): AsyncGenerator<Piece, number> {
        try {
          await settled(client, made, ["created"]);
          for (const note of publishNotes(made, flags.publish)) yield { to: "stderr", data: `hafen: ${inert(note)}\n` };
          const ended = yield* follow(ctx, client, made, { input: interactive, start: true });
          if (ended.left) yield { to: "stderr", data: `hafen: ${inert(made.name)} goes on\n` };
          return ended.exitCode;
        } catch (error) {
          if (!rm) await removeUnlessStarted(client, made.id).catch(() => {}); // the first error is the one to tell
          throw error;
        } finally {
          // The service does it too, some seconds after the end: for whoever is not here any more by then. One that runs stays.
          if (rm) await client.containers.remove(made.id, { volumes: true, ...WAIT }).catch(() => {});
        }
      })(),
    );
  },
});

/** One that was made in vain would hold its name, and a place in the quota. */
async function removeUnlessStarted(client: Hafen, id: string): Promise<void> {
  const { state, desired } = await client.containers.get(id);
  if (state === "created" && desired === "created") await client.containers.remove(id, { volumes: true, ...WAIT });
}
