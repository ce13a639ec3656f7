import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { download } from "./download.ts";
import { rawUploadOf, uploadOf, type TarSource } from "./tar-source.ts";
import type { Transport } from "./transport.ts";
import type { FilesWritten } from "./wire.ts";

/** What has files: a container or a volume, by its id or name. */
interface Owner {
  of: "containers" | "volumes";
  ref: string;
}
const ACCEPT = { tar: "application/x-tar", raw: "application/octet-stream" };

/** How a file is written. */
export interface PutFileOptions extends CallOptions {
  /** Its permissions; default 0o644. */
  mode?: number | undefined;
  /** Of a stream: how many bytes it will give. */
  sizeBytes?: number | undefined;
}

export function getFiles(
  transport: Transport,
  owner: Owner,
  path: string,
  kind: "tar" | "raw",
  { signal, timeoutMs = transport.timeoutMs }: CallOptions,
): AsyncGenerator<Uint8Array, void> {
  const request = { path: pathOf(owner), query: { path }, accept: ACCEPT[kind] };
  return download(transport, request, { signal, timeoutMs });
}

export async function putFiles(
  transport: Transport,
  owner: Owner,
  path: string,
  tar: TarSource,
  options: CallOptions,
): Promise<FilesWritten> {
  const upload = await uploadOf(tar);
  return transport.json({ method: "PUT", path: pathOf(owner), query: { path }, upload, options });
}

export async function putFile(
  transport: Transport,
  owner: Owner,
  path: string,
  content: TarSource,
  { mode, sizeBytes, signal, timeoutMs }: PutFileOptions,
): Promise<FilesWritten> {
  const query = { path, mode: mode?.toString(8), sizeBytes };
  const upload = await rawUploadOf(content);
  return transport.json({ method: "PUT", path: pathOf(owner), query, upload, options: { signal, timeoutMs } });
}

function pathOf({ of, ref }: Owner): string {
  return of === "containers" ? address`/v1/containers/${ref}/files` : address`/v1/volumes/${ref}/files`;
}
