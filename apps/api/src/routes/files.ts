import { Readable } from "node:stream";
import { can, ProblemError, routes, type FilesWritten } from "@hafen/contract";
import { getContainer, volumeWithFiles, wrongState, type StreamAction } from "@hafen/core";
import type { Context } from "hono";
import type { AppEnv } from "../deps.ts";
import { welcome } from "../key-end.ts";
import { mount, type App } from "../mount.ts";
import { bodyBytes, isRaw, mediaType, RAW, uploadOf } from "../upload.ts";
import { callWorker, textOf, workerCall } from "../worker-streams.ts";

/** A container or volume that has files on a host. */
type Subject = { id: string; hostId: string };
interface NewFile {
  path: string;
  mode?: string | undefined;
  sizeBytes?: number | undefined;
}

/** Of what the worker says about an answer, what its client is told. */
const PASSED_ON = ["content-type", "content-length", "last-modified", "hafen-file-mode"];
/** Two blocks of zeros. */
const EMPTY_TAR = new Uint8Array(1024);

export function mountFiles(app: App): void {
  const slot = "transfers";
  mount(
    app,
    routes.getContainerFiles,
    async (c) => give(c, await containerWithFiles(c, c.req.valid("param").ref), c.req.valid("query").path),
    { slot },
  );
  mount(
    app,
    routes.putContainerFiles,
    async (c) =>
      c.json(await take(c, await containerWithFiles(c, c.req.valid("param").ref), c.req.valid("query")), 200),
    { maxBytes: null, slot },
  );
  mount(
    app,
    routes.getVolumeFiles,
    async (c) => {
      const { id, hostId } = await volumeWithFiles(c.var.ctx, c.req.valid("param").ref, "read");
      const { path } = c.req.valid("query");
      return hostId === null ? giveNothing(c, path) : give(c, { id, hostId }, path);
    },
    { slot },
  );
  mount(
    app,
    routes.putVolumeFiles,
    async (c) => {
      const { id, hostId } = await volumeWithFiles(c.var.ctx, c.req.valid("param").ref, "write");
      if (hostId === null) throw new ProblemError("volume_not_found", "The volume was removed meanwhile.");
      return c.json(await take(c, { id, hostId }, c.req.valid("query")), 200);
    },
    { maxBytes: null, slot },
  );
}

async function containerWithFiles(c: Context<AppEnv>, ref: string): Promise<Subject> {
  const row = await getContainer(c.var.ctx.db, c.var.user.id, { ref });
  if (!can("files", row.state)) throw wrongState(row, "files");
  return row;
}

async function give(c: Context<AppEnv>, subject: Subject, path: string): Promise<Response> {
  const action: StreamAction = "files.read";
  const call = await workerCall(c.var.deps, subject, action, { path, raw: String(isRaw(c.req.header("accept"))) });
  const answer = await callWorker(call, undefined, welcome(c));
  for (const name of PASSED_ON) {
    const value = answer.headers[name];
    if (typeof value === "string") c.header(name, value);
  }
  c.header("cache-control", "no-store");
  return c.body(Readable.toWeb(answer) as ReadableStream<Uint8Array>, 200);
}

/** Of a volume that has never been on a host. */
function giveNothing(c: Context<AppEnv>, path: string): Response {
  if (path.replaceAll("/", "") !== "") throw new ProblemError("path_not_found", `There is no ${path} in the volume.`);
  if (isRaw(c.req.header("accept")))
    throw new ProblemError(
      "path_is_directory",
      `${path} is a directory. Ask for a tar of it: Accept: application/x-tar.`,
    );
  return c.body(EMPTY_TAR, 200, { "content-type": "application/x-tar", "cache-control": "no-store" });
}

async function take(c: Context<AppEnv>, subject: Subject, { path, mode, sizeBytes }: NewFile): Promise<FilesWritten> {
  const raw = mediaType(c) === RAW;
  const body = uploadOf(c);
  const file = raw ? { mode, sizeBytes: String(sizeBytes ?? bodyBytes(c)) } : {};
  const call = await workerCall(c.var.deps, subject, "files.write", { path, raw: String(raw), ...file });
  const answer = await callWorker(call, body, welcome(c));
  return JSON.parse(await textOf(answer)) as FilesWritten;
}
