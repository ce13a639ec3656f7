import type { Hafen } from "@hafen/sdk";
import { posix } from "node:path";
import { command } from "../../command.ts";
import { copyIn } from "../../copy/copy-in.ts";
import { copyOut } from "../../copy/copy-out.ts";
import { COPY_FLAGS } from "../../copy/flags.ts";
import type { Remote, RemotePath } from "../../copy/remote.ts";
import { UsageError } from "../../failures.ts";
import { lines, type Result } from "../../result.ts";

/** `name:/path`, or `/path:/path` for one of the host tree; what begins with a dot, or has no colon, is of this machine. */
function inside(text: string): RemotePath | undefined {
  const colon = text.indexOf(":");
  if (colon < 1 || text.startsWith(".")) return undefined;
  const written = text.slice(colon + 1);
  return { ref: text.slice(0, colon), path: posix.resolve("/", written), written };
}

export default command({
  usage: "VOLUME:PATH PATH|-, or PATH|- VOLUME:PATH",
  takes: [2, 2],
  flags: COPY_FLAGS,
  async run(ctx, { flags, args: [from = "", to = ""] }): Promise<Result> {
    const [source, target] = [inside(from), inside(to)];
    if (source && target) throw new UsageError("copying between volumes is not supported; see hafen volume clone");
    const client = await ctx.client();
    if (source) return copyOut(ctx, remoteOf(client, source.ref), source, to, flags);
    if (target) return lines([], await copyIn(ctx, from, remoteOf(client, target.ref), target, flags));
    throw new UsageError("one of the two must be VOLUME:PATH");
  },
});

function remoteOf({ volumes }: Hafen, ref: string): Remote {
  return {
    name: ref,
    getFiles: (path, options) => volumes.getFiles(ref, path, options),
    getFile: (path, options) => volumes.getFile(ref, path, options),
    putFiles: (path, tar) => volumes.putFiles(ref, path, tar),
    putFile: (path, content, options) => volumes.putFile(ref, path, content, options),
  };
}
