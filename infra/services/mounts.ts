import { readFile } from "node:fs/promises";

const MOUNT_POINT_FIELD = 4;

export async function isMounted(path: string): Promise<boolean> {
  const lines = (await readFile("/proc/self/mountinfo", "utf8")).split("\n");
  return lines.some((line) => line.split(" ")[MOUNT_POINT_FIELD] === path);
}
