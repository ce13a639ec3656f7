import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import { searchPath } from "../services/command.ts";
import { ServiceError } from "../services/error.ts";

const SUITE = "bookworm";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Makes the root file system of `debian:bookworm` as a tar, where no registry can be reached. One that is
 * there already is kept. Takes about 15 s; answers whether it was made.
 */
export async function makeDebian(tarPath: string): Promise<boolean> {
  if (existsSync(tarPath)) return false;
  await mkdir(dirname(tarPath), { recursive: true });
  const unfinished = `${tarPath}.${process.pid}.new`;
  const options = [
    "--variant=minbase",
    "--mode=root",
    "--format=tar",
    "--quiet",
    ...(existsSync(KEYRING) ? [`--keyring=${KEYRING}`] : []),
  ];
  // The engine makes a container's devices itself, and may not inside a user namespace.
  const bare = ["--skip=output/dev", '--customize-hook=rm -f "$1"/etc/hostname "$1"/etc/resolv.conf'];
  const child = spawn("mmdebstrap", [...options, ...bare, SUITE, unfinished, ...machineSources()], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, PATH: searchPath(process.env), LC_ALL: "C" },
  });
  try {
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "exit") as Promise<[number | null]>]);
    if (code !== 0)
      throw new ServiceError(
        "start_failed",
        `mmdebstrap could not make ${SUITE}:\n${stderr.trim().split("\n").slice(-8).join("\n")}`,
      );
    await rename(unfinished, tarPath);
    return true;
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** The machine's own package sources where they are of the same suite: it may know a mirror that is near. */
function machineSources(): string[] {
  const files = ["/etc/apt/sources.list", ...globSync("/etc/apt/sources.list.d/*.{list,sources}")];
  return files.filter((file) => existsSync(file) && describesSuite(readFileSync(file, "utf8")));
}

function describesSuite(sources: string): boolean {
  const entries = sources.split("\n").filter((line) => /^(deb|suites:)\s/i.test(line.trim()));
  return entries.length > 0 && entries.every((line) => line.includes(SUITE));
}
