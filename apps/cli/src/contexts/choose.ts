import { open } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../failures.ts";
import { readContexts, type Place } from "./file.ts";

export interface Chosen extends Place {
  /** Said with --verbose. */
  from: string;
}

export interface Asking {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Of --context. */
  name: string | undefined;
}

/** The named context, then the environment, then the current context, then what `npm start` left in this directory. */
export async function choosePlace(asking: Asking): Promise<Chosen> {
  const chosen = await chosenOf(asking);
  const { url, apiKey, from } = chosen;
  // The value itself is not said: it may be a key in the wrong place.
  if (!/^https?:\/\/./.test(url) || !URL.canParse(url))
    throw new Failure(`the address of the service, from ${from}, is not an http or https address`);
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    throw new Failure(`the API key, from ${from}, holds a character that no key has, such as a line end`);
  return chosen;
}

async function chosenOf({ env, cwd, name }: Asking): Promise<Chosen> {
  if (name !== undefined) return stored(env, name);
  const url = env["HAFEN_URL"] || undefined;
  const apiKey = env["HAFEN_API_KEY"] || undefined;
  if (url !== undefined && apiKey !== undefined) return { url, apiKey, from: "HAFEN_URL and HAFEN_API_KEY" };
  // A stored key belongs to its own service and is never shown to another.
  if (url !== undefined) throw new Failure("HAFEN_URL is set, but HAFEN_API_KEY is not");

  const { current } = await readContexts(env);
  const found = current ? await stored(env, current) : await startedHere(join(cwd, ".hafen", "credentials.json"));
  if (!found) throw new Failure("not logged in; run: hafen login URL, or set HAFEN_URL and HAFEN_API_KEY");
  return apiKey === undefined ? found : { ...found, apiKey, from: `${found.from}, with HAFEN_API_KEY` };
}

async function stored(env: Asking["env"], name: string): Promise<Chosen> {
  const place = (await readContexts(env)).contexts[name];
  if (!place) throw new Failure(`there is no context ${name}; see: hafen context ls`);
  return { ...place, from: `the context ${name}` };
}

/** Only what this user wrote for themself: a directory from elsewhere must not say where our data goes. */
async function startedHere(path: string): Promise<Chosen | undefined> {
  const file = await open(path).catch(() => undefined);
  if (!file) return undefined;
  try {
    const { uid, mode } = await file.stat();
    if (uid !== process.getuid?.() || (mode & 0o077) !== 0) return undefined;
    const { url, apiKey } = JSON.parse(await file.readFile("utf8")) as Place;
    return { url, apiKey, from: path };
  } catch (cause) {
    throw new Failure(`${path} cannot be read`, { cause });
  } finally {
    await file.close();
  }
}
