import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { text as textOf } from "node:stream/consumers";
import type { Input } from "../ctx.ts";
import { Failure } from "../failures.ts";
import { ignoreRules } from "./ignore.ts";
import { packDirectory } from "./pack-directory.ts";

export interface BuildContext {
  tar: AsyncIterable<Uint8Array>;
  /** The Dockerfile's path in the tar. */
  dockerfile: string | undefined;
}

interface Asked {
  cwd: string;
  /** A directory. */
  path: string;
  /** As docker's -f: of the working directory, anywhere, or `-`. */
  file: string | undefined;
  stdin: Input;
}

/** A directory as a build context, without what its .dockerignore names. */
export async function directoryContext({ cwd, path, file, stdin }: Asked): Promise<BuildContext> {
  const root = resolve(cwd, path);
  const stats = await stat(root).catch(() => undefined);
  if (!stats) throw new Failure(`unable to prepare context: path "${path}" not found`);
  if (!stats.isDirectory()) throw new Failure(`unable to prepare context: path "${path}" is not a directory`);
  const { dockerfile, outside } = await dockerfileOf(root, cwd, file, stdin);
  const rules = (await read(join(root, `${dockerfile}.dockerignore`))) ?? (await read(join(root, ".dockerignore")));
  return {
    tar: packDirectory(root, {
      rules: rules === undefined ? undefined : ignoreRules(rules, [dockerfile]),
      extra: outside === undefined ? undefined : { [dockerfile]: outside },
    }),
    dockerfile,
  };
}

/** One that lies outside is sent along under a name by which the service knows it, and keeps it from every COPY. */
async function dockerfileOf(root: string, cwd: string, file: string | undefined, stdin: Input) {
  if (file === undefined) return found(root, "Dockerfile", "Dockerfile");
  const sentAs = (text: string) => ({
    dockerfile: `.dockerfile.${createHash("sha256").update(text).digest("hex").slice(0, 16)}`,
    outside: text,
  });
  if (file === "-") return sentAs(await textOf(stdin));
  const path = resolve(cwd, file);
  const inside = relative(root, path);
  if (inside !== "" && !isAbsolute(inside) && inside !== ".." && !inside.startsWith(`..${sep}`))
    return found(root, inside, file);
  const outside = await read(path);
  if (outside === undefined) throw new Failure(`unable to prepare context: there is no ${file}`);
  return sentAs(outside);
}

async function found(
  root: string,
  inside: string,
  written: string,
): Promise<{ dockerfile: string; outside?: undefined }> {
  if (await stat(join(root, inside)).catch(() => undefined)) return { dockerfile: inside.split(sep).join("/") };
  throw new Failure(
    `unable to prepare context: there is no ${written}${written === "Dockerfile" ? ` in ${root}` : ""}`,
  );
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
}
