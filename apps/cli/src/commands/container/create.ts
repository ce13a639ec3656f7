import { command } from "../../command.ts";
import { lines } from "../../result.ts";
import { settled, WAIT } from "../../settled.ts";
import { REFUSED_FLAGS } from "../refused-flags.ts";
import { CREATE_FLAGS, createBody } from "./create-flags.ts";
import { publishNotes } from "./port-flags.ts";

export default command({
  usage: "IMAGE [COMMAND [ARG...]]",
  takes: [1, Infinity],
  stopAtArgument: true,
  refused: REFUSED_FLAGS,
  flags: CREATE_FLAGS,
  async run(ctx, { flags, args }) {
    const client = await ctx.client();
    const body = await createBody(ctx, client, flags, args);
    const container = await settled(client, client.containers.create({ ...body, start: false }, WAIT), ["created"]);
    return lines([container.id], container, publishNotes(container, flags.publish));
  },
});
