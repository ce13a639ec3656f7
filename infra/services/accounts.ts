import { readFile } from "node:fs/promises";
import { run } from "./command.ts";

export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** A system account without a home, a shell or a password; made on first use. */
export async function ensureAccount(name: string): Promise<Account> {
  const found = await findAccount(name);
  if (found) return found;
  await run("useradd", [
    "--system",
    "--user-group",
    "--no-create-home",
    "--home-dir",
    "/nonexistent",
    "--shell",
    "/usr/sbin/nologin",
    name,
  ]);
  const made = await findAccount(name);
  if (!made) throw new Error(`useradd made no account ${name}`);
  return made;
}

async function findAccount(name: string): Promise<Account | undefined> {
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const fields = lines.find((line) => line[0] === name);
  return fields && { name, uid: Number(fields[2]), gid: Number(fields[3]) };
}
