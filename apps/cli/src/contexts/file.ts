import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Failure } from "../failures.ts";

/** Where a service is and who one is there. */
export interface Place {
  url: string;
  apiKey: string;
}
export interface StoredContexts {
  current: string | null;
  contexts: Record<string, Place>;
}

type Env = Readonly<Record<string, string | undefined>>;

function filePath(env: Env): string {
  const config = env["XDG_CONFIG_HOME"];
  // The XDG rule: a relative path is as none.
  return join(config?.startsWith("/") ? config : join(env["HOME"] ?? homedir(), ".config"), "hafen", "config.json");
}

export async function readContexts(env: Env): Promise<StoredContexts> {
  const path = filePath(env);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return { current: null, contexts: {} };
  try {
    const { current, contexts } = JSON.parse(text) as StoredContexts;
    return { current, contexts: Object.assign(Object.create(null), contexts) as Record<string, Place> };
  } catch (cause) {
    throw new Failure(`${path} is not what hafen login wrote; mend or remove it`, { cause });
  }
}

/** Whole or not at all, and for its owner's eyes only. */
export async function writeContexts(env: Env, stored: StoredContexts): Promise<void> {
  const path = filePath(env);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(4).toString("hex")}`;
  await writeFile(temporary, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  await chmod(temporary, 0o600);
  await rename(temporary, path);
}
