import type { Hafen } from "@hafen/sdk";
import { HafenError } from "@hafen/sdk";
import { lstat } from "node:fs/promises";
import { basename, dirname, posix, resolve } from "node:path";
import { extract } from "tar-stream";
import { packDirectory, packPath } from "../../archive/pack-directory.ts";
import { unpack } from "../../archive/unpack.ts";
import { command } from "../../command.ts";
import type { Ctx } from "../../ctx.ts";
import { EXIT_CODES } from "../../exit-codes.ts";
import { Failure, UsageError } from "../../failures.ts";
import { lines, stream, type Piece, type Result } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";

interface Inside {
  container: string;
  path: string;
}

/** `name:/path`; what begins with a dot or a slash is of this machine, as docker reads it. */
function inside(text: string): Inside | undefined {
  const colon = text.indexOf(":");
  if (colon < 1 || /^[./]/.test(text)) return undefined;
  return { container: text.slice(0, colon), path: posix.resolve("/", text.slice(colon + 1)) };
}

export default command({
  usage: "CONTAINER:PATH PATH|-, or PATH|- CONTAINER:PATH",
  takes: [2, 2],
  flags: {},
  async run(ctx, { args: [from = "", to = ""] }): Promise<Result> {
    const [source, target] = [inside(from), inside(to)];
    if (source && target) throw new UsageError("copying between containers is not supported");
    const client = await ctx.client();
    if (source) return copyOut(ctx, client, source, from, to);
    if (target) return lines([], await copyIn(ctx, client, from, target, to));
    throw new UsageError("one of the two must be CONTAINER:PATH");
  },
});

async function copyOut(
  ctx: Ctx,
  client: Hafen,
  { container, path }: Inside,
  written: string,
  to: string,
): Promise<Result> {
  const tar = client.containers.getFiles(await containerRef(client, container), path);
  if (to === "-") {
    return stream(
      (async function* (): AsyncGenerator<Piece, number> {
        for await (const data of tar) yield { to: "stdout", data };
        return EXIT_CODES.ok;
      })(),
    );
  }
  const local = resolve(ctx.cwd, to);
  const contents = written.endsWith("/.");
  const there = await lstat(local).catch(() => undefined);
  if (there?.isDirectory() || there?.isSymbolicLink()) await unpack(tar, local, (first) => (contents ? "" : first));
  else if (to.endsWith("/")) throw new Failure(`there is no directory ${to}`);
  else await unpack(tar, dirname(local), () => basename(local));
  return lines([], { from: written, to: local });
}

async function copyIn(ctx: Ctx, client: Hafen, from: string, { container, path }: Inside, written: string) {
  const ref = await containerRef(client, container);
  if (from === "-") return client.containers.putFiles(ref, path, ctx.stdin);
  const local = resolve(ctx.cwd, from);
  const stats = await lstat(local);
  const type = await typeOf(client, ref, path);
  const intoIt = type === "directory" || type === "symlink" || path === "/";
  if (intoIt && stats.isDirectory() && /(^|\/)\.$/.test(from))
    return client.containers.putFiles(ref, path, packDirectory(local));
  if (intoIt) return client.containers.putFiles(ref, path, packPath(local, basename(local)));
  if (type !== undefined && stats.isDirectory()) throw new Failure(`cannot copy a directory onto the file ${path}`);
  if (written.endsWith("/") && !stats.isDirectory()) throw new Failure(`${container} has no directory ${path}`);
  return client.containers.putFiles(ref, posix.dirname(path), packPath(local, posix.basename(path)));
}

/** What is at the path, by the first entry of its tar; undefined when nothing is. */
async function typeOf(client: Hafen, ref: string, path: string): Promise<string | undefined> {
  const entries = extract();
  const first = new Promise<string | undefined>((done) => entries.on("entry", ({ type }) => done(type ?? "file")));
  try {
    for await (const chunk of client.containers.getFiles(ref, path)) {
      entries.write(chunk);
      return await first;
    }
    return undefined;
  } catch (error) {
    if (error instanceof HafenError && error.code === "path_not_found") return undefined;
    throw error;
  } finally {
    entries.destroy();
  }
}
