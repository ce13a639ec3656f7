import { createHash } from "node:crypto";
import { chmod, mkdir, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, succeeds } from "./command.ts";
import { ServiceError } from "./error.ts";
import { isMounted } from "./mounts.ts";
import { until } from "./until.ts";

const LET_GO_MS = 10_000;

/** Where one Hafen keeps its things. `id` names everything it makes outside its home. */
export interface Places {
  home: string;
  id: string;
  /** Sockets and pidfiles. Short, because a unix socket's path is limited to 107 bytes. */
  run: string;
  log: string;
}

export const isRoot = process.getuid?.() === 0;

export async function openPlaces(directory: string, env: NodeJS.ProcessEnv): Promise<Places> {
  await mkdir(directory, { recursive: true });
  const home = await realpath(directory);
  const id = createHash("sha256").update(home).digest("hex").slice(0, 8);
  const places = { home, id, run: join(await runBase(env), id), log: join(home, "log") };
  await mkdir(places.run, { recursive: true, mode: 0o711 });
  await mkdir(places.log, { recursive: true, mode: 0o750 });
  return places;
}

/**
 * Makes `<home>/<name>` and answers a path to it that other accounts can walk.
 * Postgres does not run as root, and dockerd refuses a data root that its remapped root cannot reach;
 * a home under /root (0700) would stop both, so the directory is bound below the run directory.
 */
export async function exposeDirectory(places: Places, name: string): Promise<string> {
  const inside = join(places.home, name);
  await mkdir(inside, { recursive: true, mode: 0o711 });
  if (!isRoot) return inside;
  const outside = exposedPath(places, name);
  await mkdir(outside, { recursive: true, mode: 0o711 });
  if (await isMounted(outside)) return outside;
  await run("mount", ["--bind", inside, outside]);
  // What the engine mounts below it must not show up in the home again, where a plain rm would trip over it.
  await run("mount", ["--make-private", outside]);
  return outside;
}

export async function hideDirectory(places: Places, name: string): Promise<void> {
  const outside = exposedPath(places, name);
  if (!isRoot || !(await isMounted(outside))) return;
  // A child that a daemon forked, as Redis to save, may outlive it by a moment and still stand in there.
  if (await until(() => succeeds("umount", ["--recursive", outside]), LET_GO_MS, 100)) return;
  await run("umount", ["--recursive", outside]);
}

/** Where the worker mounts memory for the secrets of containers. */
export function secretsDirectory(places: Places): string {
  return join(places.run, "secrets");
}

export async function clearSecrets(places: Places): Promise<void> {
  const directory = secretsDirectory(places);
  if (await isMounted(directory)) await run("umount", [directory]);
  await rm(directory, { recursive: true, force: true });
}

function exposedPath(places: Places, name: string): string {
  return join(places.run, "data", name);
}

async function runBase(env: NodeJS.ProcessEnv): Promise<string> {
  if (isRoot) {
    await mkdir("/run/hafen", { recursive: true, mode: 0o711 });
    return "/run/hafen";
  }
  const base = join(env.XDG_RUNTIME_DIR ?? tmpdir(), `hafen-${process.getuid?.() ?? 0}`);
  await mkdir(base, { recursive: true, mode: 0o700 });
  // In a shared /tmp somebody else may have made it first.
  if ((await stat(base)).uid !== process.getuid?.())
    throw new ServiceError("busy", `${base} belongs to somebody else.\nRemove it, or set XDG_RUNTIME_DIR.`);
  await chmod(base, 0o700);
  return base;
}
