import { glob, rmdir } from "node:fs/promises";

/** Removes a cgroup tree that holds no process any more, in every hierarchy (v1) or the only one (v2). */
export async function removeCgroups(name: string): Promise<void> {
  const directories: string[] = [];
  for await (const root of glob([`/sys/fs/cgroup/${name}`, `/sys/fs/cgroup/*/${name}`])) {
    directories.push(root);
    for await (const entry of glob(`${root}/**/`)) directories.push(entry);
  }
  const deepestFirst = directories.toSorted((a, b) => b.length - a.length);
  // Only rmdir works here, and it fails on a cgroup in use: nothing that lives can be lost.
  for (const directory of deepestFirst) await rmdir(directory).catch(() => {});
}
