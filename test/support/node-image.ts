import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import type { Hafen } from "@hafen/sdk";
import { pack, type Pack } from "tar-stream";

const MODULES = ["ws"];
const execute = promisify(execFile);

/** The Node that runs the tests, with its libraries and `ws`, as the catalog's `node`: for servers in containers that speak real HTTP. */
export async function importNode(admin: Hafen): Promise<void> {
  const tar = pack();
  const filling = fill(tar);
  const build = await admin.images.import(tar as unknown as AsyncIterable<Uint8Array>, {
    tag: "node",
    catalog: true,
    command: ["/bin/node"],
    waitSeconds: 120,
  });
  await filling;
  if (build.state !== "succeeded") throw new Error(`node import: ${JSON.stringify(build.failure)}`);
}

async function fill(tar: Pack): Promise<void> {
  for (const name of ["bin", "etc", "proc", "sys", "dev", "tmp", "app"])
    tar.entry({ name, type: "directory", mode: 0o755 });
  await addFile(tar, "bin/node", process.execPath, 0o755);
  const { stdout } = await execute("ldd", [process.execPath]);
  for (const [, library = ""] of stdout.matchAll(/(\/\S+) \(0x/g)) await addFile(tar, library.slice(1), library, 0o755);
  const { resolve } = createRequire(import.meta.url);
  for (const name of MODULES) await addDirectory(tar, `app/node_modules/${name}`, dirname(resolve(name)));
  tar.finalize();
}

async function addFile(tar: Pack, name: string, path: string, mode: number): Promise<void> {
  const real = await realpath(path);
  const { size } = await stat(real);
  const entry = tar.entry({ name, size, mode });
  await pipeline(createReadStream(real), entry);
}

async function addDirectory(tar: Pack, name: string, path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const from = join(entry.parentPath, entry.name);
    tar.entry({ name: join(name, from.slice(path.length)), mode: 0o644 }, await readFile(from));
  }
}
