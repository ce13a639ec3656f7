import { chown, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Account } from "./accounts.ts";
import { run } from "./command.ts";
import { ServiceError } from "./error.ts";
import type { Say } from "./packages.ts";
import type { PostgresBinaries } from "./postgres-binaries.ts";

export const SUPERUSER = "postgres";

/** One directory per major version, made whole under another name first, so a crash leaves no half cluster. */
export async function prepareCluster(
  root: string,
  binaries: PostgresBinaries,
  account: Account | undefined,
  say: Say,
): Promise<string> {
  const data = join(root, String(binaries.major));
  const majors = (await readdir(root)).filter((name) => /^\d+$/.test(name));
  if (majors.length > 0 && !majors.includes(String(binaries.major))) {
    throw new ServiceError(
      "wrong_version",
      `${root} holds data of Postgres ${majors.join(", ")}, but this Hafen brings Postgres ${binaries.major}.\nStart the older Hafen, or set DATABASE_URL to a server with that data.`,
    );
  }
  if (majors.length === 0) {
    say(`making a Postgres ${binaries.major} cluster`);
    const unfinished = `${data}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { mode: 0o700 });
    if (account) await chown(unfinished, account.uid, account.gid);
    const options = [
      `--pgdata=${unfinished}`,
      `--username=${SUPERUSER}`,
      "--auth-local=trust",
      "--auth-host=reject",
      "--encoding=UTF8",
      "--locale=C.UTF-8",
    ];
    const initdb = join(binaries.bin, "initdb");
    // Without --no-sync this takes 3 s instead of 0.7 s; a crash before the rename starts over anyway.
    await runAs(account, initdb, [...options, "--no-sync"]);
    await run("sync", ["-f", unfinished]);
    await rename(unfinished, data);
  }
  if (account && (await stat(data)).uid !== account.uid)
    await run("chown", ["-R", `${account.uid}:${account.gid}`, data]);
  return data;
}

async function runAs(account: Account | undefined, program: string, args: string[]): Promise<void> {
  if (!account) await run(program, args);
  else await run("setpriv", [`--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups", program, ...args]);
}
