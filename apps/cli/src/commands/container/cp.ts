import type { Hafen } from "@hafen/sdk";
import { posix } from "node:path";
import { command } from "../../command.ts";
import { copyIn } from "../../copy/copy-in.ts";
import { copyOut } from "../../copy/copy-out.ts";
import { COPY_FLAGS } from "../../copy/flags.ts";
import type { Remote, RemotePath } from "../../copy/remote.ts";
import { UsageError } from "../../failures.ts";
import { lines, type Result } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";

/** `name:/path`; what begins with a dot or a slash is of this machine, as docker reads it. */
function inside(text: string): RemotePath | undefined {
  const colon = text.indexOf(":");
  if (colon < 1 || /^[./]/.test(text)) return undefined;
  const written = text.slice(colon + 1);
  return { ref: text.slice(0, colon), path: posix.resolve("/", written), written };
}

export default command({
  usage: "CONTAINER:PATH PATH|-, or PATH|- CONTAINER:PATH",
  takes: [2, 2],
  flags: COPY_FLAGS,
  async run(ctx, { flags, args: [from = "", to = ""] }): Promise<Result> {
    const [source, target] = [inside(from), inside(to)];
    if (source && target) throw new UsageError("copying between containers is not supported");
    const client = await ctx.client();
    if (source) return copyOut(ctx, await remoteOf(client, source.ref), source, to, flags);
    if (target) return lines([], await copyIn(ctx, from, await remoteOf(client, target.ref), target, flags));
    throw new UsageError("one of the two must be CONTAINER:PATH");
  },
});

async function remoteOf(client: Hafen, name: string): Promise<Remote> {
  const { containers } = client;
  const ref = await containerRef(client, name);
  return {
    name,
    getFiles: (path, options) => containers.getFiles(ref, path, options),
    getFile: (path, options) => containers.getFile(ref, path, options),
    putFiles: (path, tar) => containers.putFiles(ref, path, tar),
    putFile: (path, content, options) => containers.putFile(ref, path, content, options),
  };
}
