import { execFile } from "node:child_process";
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { type Pack, pack } from "tar-stream";
import { findProgram } from "../services/command.ts";

const execute = promisify(execFile);
const EPOCH = new Date(0);
const PT_INTERP = 3;
const DIRECTORIES = {
  bin: 0o755,
  dev: 0o755,
  etc: 0o755,
  proc: 0o755,
  root: 0o700,
  run: 0o755,
  sbin: 0o755,
  sys: 0o755,
  tmp: 0o1777,
  usr: 0o755,
  "usr/bin": 0o755,
  "usr/sbin": 0o755,
  var: 0o755,
};
const FILES = {
  "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
  "etc/group": "root:x:0:\nnogroup:x:65534:\n",
  "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
};

/** A root file system of 2 MB with one static program in it, for tests. One that is there already is kept. */
export async function makeBusybox(tarPath: string): Promise<boolean> {
  if (existsSync(tarPath)) return false;
  await mkdir(dirname(tarPath), { recursive: true });
  const work = await mkdtemp(join(tmpdir(), "hafen-busybox-"));
  const unfinished = `${tarPath}.${process.pid}.new`;
  try {
    const program = await findStatic(work);
    const { stdout } = await execute(program, ["--list-full"]);
    const archive = pack();
    addTree(archive, await readFile(program), stdout.trim().split("\n"));
    await pipeline(archive, createWriteStream(unfinished));
    await rename(unfinished, tarPath);
    return true;
  } finally {
    await rm(unfinished, { force: true });
    await rm(work, { recursive: true, force: true });
  }
}

function addTree(archive: Pack, program: Buffer, applets: string[]): void {
  for (const [name, mode] of Object.entries(DIRECTORIES))
    archive.entry({ name, type: "directory", mode, mtime: EPOCH });
  for (const [name, content] of Object.entries(FILES)) archive.entry({ name, mode: 0o644, mtime: EPOCH }, content);
  archive.entry({ name: "bin/busybox", mode: 0o755, mtime: EPOCH }, program);
  const links = applets.filter((name) => name !== "bin/busybox" && dirname(name) in DIRECTORIES);
  for (const name of links) archive.entry({ name, type: "symlink", linkname: "/bin/busybox", mtime: EPOCH });
  archive.finalize();
}

/** The machine's busybox is often the dynamic one; the static one is then unpacked beside it, not installed in its place. */
async function findStatic(work: string): Promise<string> {
  const installed = findProgram("busybox", process.env);
  if (installed && isStatic(await readFile(installed))) return installed;
  await execute("apt-get", ["download", "busybox-static"], { cwd: work });
  const archive = (await readdir(work)).find((name) => name.endsWith(".deb"));
  if (!archive) throw new Error("apt-get download busybox-static brought no package");
  await execute("dpkg-deb", ["--extract", archive, "tree"], { cwd: work });
  const candidates = ["tree/bin/busybox", "tree/usr/bin/busybox"].map((path) => join(work, path));
  return candidates.find((path) => existsSync(path)) as string;
}

/** A 64-bit ELF program without an interpreter entry needs no shared library. */
export function isStatic(elf: Buffer): boolean {
  const table = Number(elf.readBigUInt64LE(32));
  const entryBytes = elf.readUInt16LE(54);
  const types = Array.from({ length: elf.readUInt16LE(56) }, (_, index) =>
    elf.readUInt32LE(table + index * entryBytes),
  );
  return !types.includes(PT_INTERP);
}
