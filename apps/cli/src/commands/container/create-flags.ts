import type { CreateContainer, Hafen } from "@hafen/sdk";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Ctx } from "../../ctx.ts";
import { UsageError } from "../../failures.ts";
import { many, on, one, type Values } from "../../flags.ts";
import { pair } from "../../format/quantities.ts";
import { containerRef, imageRef } from "../../short-ids.ts";
import { EGRESS_FLAGS, egressRequest } from "./egress-flags.ts";
import { LIFE_FLAGS, lifeBody } from "./life-flags.ts";
import { LIMIT_FLAGS, limitsOf } from "./limit-flags.ts";
import { mountFlagOf } from "./mount-flag.ts";
import { PORT_FLAGS, portRequests } from "./port-flags.ts";
import { secretOf } from "./secret-flag.ts";
import { mountOf, tmpfsOf } from "./volume-flags.ts";

/** What `run` and `create` share. */
export const CREATE_FLAGS = {
  interactive: on("i", "Keep standard input open, and attach it"),
  tty: on("t", "Give it a terminal"),
  name: one("NAME", ["Its name; made up when absent"]),
  env: many("NAME=VALUE", ["e", "Set a variable; NAME alone takes it from here"]),
  envFile: many("FILE", ["Set the variables in a file"]),
  volume: many("[NAME|/PATH:]PATH[:ro]", ["v", "Mount a volume, or a path of one's host tree"], mountOf),
  mount: many("KEY=VALUE,...", ["The same in docker's long form: type=bind,source=/a,target=/b"], mountFlagOf),
  tmpfs: many("PATH[:size=64m]", ["Mount memory"], tmpfsOf),
  secret: many("NAME|KEY=VALUE,...", ["Give it a secret: source=NAME,target=/path,mode=0400"], secretOf),
  volumesFrom: many("CONTAINER[:ro]", ["Mount the volumes of another container"]),
  workdir: one("PATH", ["w", "The working directory"]),
  user: one("USER[:GROUP]", ["u", "Who it runs as"]),
  entrypoint: one("COMMAND", ["In place of the image's ENTRYPOINT"]),
  ...LIMIT_FLAGS,
  hostname: one("NAME", ["h", "Its host name"]),
  label: many("KEY=VALUE", ["l", "Attach a label"], pair),
  profile: one("PROFILE", ["standard, or restricted: no root, no capability, read-only"], profileOf),
  init: on("Docker's word for what is done for every container: an init reaps its zombies"),
  ...LIFE_FLAGS,
  ...PORT_FLAGS,
  ...EGRESS_FLAGS,
};

/** The words that docker takes, as the API's body. */
export async function createBody(
  ctx: Pick<Ctx, "env" | "cwd">,
  client: Hafen,
  flags: Values<typeof CREATE_FLAGS>,
  [image = "", ...words]: string[],
): Promise<CreateContainer> {
  const { interactive, tty, name, volume, tmpfs, volumesFrom, workdir, user, entrypoint, hostname, label } = flags;
  const limits = limitsOf(flags);
  const env = await environment(ctx, flags.envFile, flags.env);
  const mounts = [...volume, ...flags.mount, ...tmpfs];
  return {
    image: await imageRef(client, image),
    ...(words.length > 0 ? { command: words } : {}),
    ...(name === undefined ? {} : { name }),
    ...(tty ? { tty } : {}),
    // On a terminal the end of input is a character, and who attaches again goes on typing.
    ...(interactive ? { openStdin: true, stdinOnce: !tty } : {}),
    ...(Object.keys(env).length > 0 ? { env } : {}),
    ...(mounts.length > 0 ? { mounts } : {}),
    ...(flags.secret.length > 0 ? { secrets: flags.secret } : {}),
    ...(volumesFrom.length > 0
      ? { volumesFrom: await Promise.all(volumesFrom.map((from) => mountsOf(client, from))) }
      : {}),
    ...(workdir === undefined ? {} : { workingDir: workdir }),
    ...(user === undefined ? {} : { user }),
    ...(entrypoint === undefined ? {} : { entrypoint: entrypoint === "" ? [] : [entrypoint] }),
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
    ...portRequests(flags),
    ...egressRequest(flags),
    ...(hostname === undefined ? {} : { hostname }),
    ...(label.length > 0 ? { labels: Object.fromEntries(label) } : {}),
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
    ...lifeBody(flags),
  };
}

function profileOf(text: string): NonNullable<CreateContainer["profile"]> {
  if (text !== "standard" && text !== "restricted") throw new UsageError("standard or restricted");
  return text;
}

/** `CONTAINER[:ro]`, with what the service calls the container. */
async function mountsOf(client: Hafen, from: string): Promise<string> {
  const [, ref = from, mode = ""] = /^(.+?)(:ro|:rw)?$/.exec(from) ?? [];
  return `${await containerRef(client, ref)}${mode}`;
}

/** Files first, so that what is written on the command line wins. */
export async function environment(
  { env, cwd }: Pick<Ctx, "env" | "cwd">,
  files: string[],
  variables: string[],
): Promise<Record<string, string>> {
  const written: string[] = [];
  for (const file of files) {
    const text = await readFile(resolve(cwd, file), "utf8");
    const all = text.split(/\r?\n/).map((line) => line.trimStart());
    written.push(...all.filter((line) => line !== "" && !line.startsWith("#")));
  }
  const entries: [string, string][] = [];
  for (const text of [...written, ...variables]) {
    const at = text.indexOf("=");
    if (at === 0 || text === "") throw new UsageError(`invalid environment variable: ${text}`);
    if (at > 0) entries.push([text.slice(0, at), text.slice(at + 1)]);
    else if (env[text] !== undefined) entries.push([text, env[text]]);
  }
  return Object.fromEntries(entries);
}
