import { randomBytes } from "node:crypto";
import { chmod, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What a program on this machine needs to use this Hafen. */
export interface Credentials {
  url: string;
  apiKey: string;
  /** The engine's address, as in DOCKER_HOST. */
  engine: string;
}

export function credentialsPath(home: string): string {
  return join(home, "credentials.json");
}

export async function readCredentials(home: string): Promise<Credentials | undefined> {
  return readJson<Credentials>(credentialsPath(home));
}

/** Written once the service is ready: that it is there means that it can be used. */
export async function writeCredentials(home: string, credentials: Credentials): Promise<void> {
  await writeSecret(credentialsPath(home), credentials);
}

export interface Secrets {
  /** Signs stream tokens between api and worker. */
  streamSecret: string;
  /** Seals users' secrets and passwords for registries: without it they are lost. May be several keys, the newest first. */
  secretKey: string;
}

/** Made once for a home; a home from before one of them was there gets that one. */
export async function readSecrets(home: string): Promise<Secrets> {
  const path = join(home, "secrets.json");
  const kept = await readJson<Partial<Secrets>>(path);
  const secrets = {
    streamSecret: kept?.streamSecret ?? randomBytes(32).toString("hex"),
    secretKey: kept?.secretKey ?? randomBytes(32).toString("base64"),
  };
  if (kept?.streamSecret === undefined || kept.secretKey === undefined) await writeSecret(path, secrets);
  return secrets;
}

async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

/** To a temporary name first: a crash leaves the old file or the new one, never a half. */
async function writeSecret(path: string, value: object): Promise<void> {
  const temporary = `${path}.new`;
  await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await chmod(temporary, 0o600);
  await rename(temporary, path);
}
