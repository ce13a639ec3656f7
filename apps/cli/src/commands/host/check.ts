import { command } from "../../command.ts";
import { EXIT_CODES } from "../../exit-codes.ts";
import { inert } from "../../format/inert.ts";
import { stream, type Piece } from "../../result.ts";
import { UsageError } from "../../failures.ts";
import type { Hafen, HostCheck } from "@hafen/sdk";

export default command({
  usage: "[HOST]",
  takes: [0, 1],
  flags: {},
  async run(ctx, { args: [given] }) {
    const client = await ctx.client();
    return stream(pieces(await client.hosts.check(given ?? (await onlyHost(client)))));
  },
});

async function onlyHost(client: Hafen): Promise<string> {
  const { items } = await client.hosts.list({ limit: 2 });
  if (items.length === 1 && items[0]) return items[0].id;
  throw new UsageError("name the host; hafen hosts lists them");
}

/** Ends with 1 when anything fails: a script may gate on it. */
async function* pieces({ host, checks }: HostCheck): AsyncGenerator<Piece, number> {
  for (const check of checks) {
    const advice = check.advice === null ? "" : `\n      ${inert(check.advice)}`;
    yield { line: `${check.status}  ${check.name}: ${inert(check.found)}${advice}`, json: { host, ...check } };
  }
  return checks.some(({ status }) => status === "fail") ? EXIT_CODES.failed : EXIT_CODES.ok;
}
