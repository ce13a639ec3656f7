import { execFile } from "node:child_process";
import { chmod, chown, mkdir, readdir, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { SecretFile } from "../engine.ts";
import { EngineError } from "../error.ts";
import type { Client } from "./client.ts";
import { offsetOf } from "./container-owners.ts";

/**
 * Files of containers in memory of the host's, in a tmpfs of their own: nothing of them reaches a disk. Nobody but root walks in; a container
 * sees single files that are bound into it.
 */
const TMPFS = 0x0102_1994;
/** Far more than what the running containers of a host can hold: what they do not hold takes no memory. */
const MAX_BYTES = 1024 ** 3;
const MAX_FILES = 262_144;
const OPTIONS = `mode=0700,nosuid,nodev,noexec,size=${MAX_BYTES},nr_inodes=${MAX_FILES}`;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

const run = promisify(execFile);
const mounting = new WeakMap<Client, Promise<void>>();

/** Where the engine finds a container's file, by its position in the spec. */
export function secretPath(directory: string | undefined, container: string, position: number): string {
  return join(directoryOf(directory, container), String(position));
}

/** Each in place of what was there, all at once for whoever opens it; what runs keeps the file that it was started with. */
export async function putSecretFiles(client: Client, container: string, files: SecretFile[]): Promise<void> {
  const directory = directoryOf(client.secretsDirectory, container);
  await told(async () => {
    await ensureMemory(client);
    const offset = await offsetOf(client);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const [position, { content, uid, gid, mode }] of files.entries()) {
      const path = join(directory, String(position));
      const next = `${path}.next`;
      await rm(next, { force: true });
      await writeFile(next, content, { mode: 0o600, flag: "wx" });
      await chown(next, offset.uid + uid, offset.gid + gid);
      await chmod(next, mode);
      await rename(next, path);
    }
  });
}

export async function removeSecretFiles(client: Client, container: string): Promise<void> {
  if (client.secretsDirectory === undefined) return;
  await told(() => rm(directoryOf(client.secretsDirectory, container), { recursive: true, force: true }));
}

/** The containers that have any. */
export async function listSecretFiles({ secretsDirectory: directory }: Client): Promise<string[]> {
  if (directory === undefined) return [];
  return told(async () =>
    (await isMemory(directory)) ? (await readdir(directory)).filter((name) => NAME.test(name)) : [],
  );
}

/** Looked at each time: somebody may have unmounted it, and the next file would be on a disk. */
async function ensureMemory(client: Client): Promise<void> {
  const { secretsDirectory: directory = "" } = client;
  if (await isMemory(directory)) return;
  const mounted =
    mounting.get(client) ??
    mountMemory(directory).finally(() => {
      mounting.delete(client);
    });
  mounting.set(client, mounted);
  await mounted;
}

/** A mount of its own: the directory may lie in another tmpfs, which is larger, and may be written to swap. */
async function isMemory(directory: string): Promise<boolean> {
  try {
    const [own, parent] = await Promise.all([stat(directory), stat(dirname(directory))]);
    return own.dev !== parent.dev && (await statfs(directory)).type === TMPFS;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function mountMemory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const mount = (options: string) => run("mount", ["-t", "tmpfs", "-o", options, "hafen-secrets", directory]);
  try {
    // Kernels before 6.4 do not know the option, and may write these pages to swap.
    await mount(`${OPTIONS},noswap`).catch(() => mount(OPTIONS));
  } catch (cause) {
    throw new EngineError("invalid", `this host gives no secrets: no memory can be mounted at ${directory}`, { cause });
  }
}

function directoryOf(directory: string | undefined, container: string): string {
  if (directory === undefined)
    throw new EngineError("invalid", "this host gives no secrets: it has no HAFEN_SECRETS_DIRECTORY");
  if (!NAME.test(container)) throw new EngineError("invalid", "not a container's name");
  return join(directory, container);
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    throw new EngineError("unavailable", `the memory for secrets cannot be written: ${code}`, { cause });
  }
}
