import type { UpdateContainer } from "@hafen/sdk";
import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { UsageError } from "../../failures.ts";
import { one, type Values } from "../../flags.ts";
import { WAIT } from "../../settled.ts";
import { containerRef } from "../../short-ids.ts";
import { REFUSED_FLAGS } from "../refused-flags.ts";
import { LIMIT_FLAGS, limitsOf } from "./limit-flags.ts";
import { restartOf, seconds } from "./life-flags.ts";

function secondsOrNever(text: string): number | null {
  return text === "never" ? null : seconds(text);
}

const FLAGS = {
  ...LIMIT_FLAGS,
  restart: one("POLICY[:MAX]", ["no, on-failure[:max], always or unless-stopped"], restartOf),
  ttl: one("SPAN|never", ["Stop it so long from now, and after each start"], secondsOrNever),
  idleTimeout: one("SPAN|never", ["Stop it once it has been idle for so long"], secondsOrNever),
};

export default command({
  usage: "CONTAINER...",
  takes: [1, Infinity],
  refused: REFUSED_FLAGS,
  flags: FLAGS,
  async run(ctx, { flags, args }) {
    const body = bodyOf(flags);
    if (Object.keys(body).length === 0) throw new UsageError("nothing to change: give at least one flag");
    const client = await ctx.client();
    return each(args, async (ref) => client.containers.update(await containerRef(client, ref), body, WAIT));
  },
});

function bodyOf({ restart, ttl, idleTimeout, ...flags }: Values<typeof FLAGS>): UpdateContainer {
  const limits = limitsOf(flags);
  return {
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
    ...(restart === undefined ? {} : { restart }),
    ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
    ...(idleTimeout === undefined ? {} : { idleTimeoutSeconds: idleTimeout }),
  };
}
