import type { IsolationReport } from "../../engine.ts";

/** Of a file system's own options, those that say nothing about the host; its layers and devices do. */
const SHOWN = /^(size|nr_inodes|mode)=/;

/** From /proc/…/mountinfo; where it was mounted from, which is a path or a device of the host, is left out. */
export function mountsOf(mountinfo: string): IsolationReport["mounts"] {
  return mountinfo
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [mount = "", fileSystem = ""] = line.split(" - ");
      const [, , , , target = "", options = ""] = mount.split(" ");
      const [type = "", , superOptions = ""] = fileSystem.split(" ");
      const shown = type === "tmpfs" ? superOptions.split(",").filter((option) => SHOWN.test(option)) : [];
      return { target: unescaped(target), type, options: [...options.split(","), ...shown] };
    });
}

/** The kernel writes a space, a tab, a line end and a backslash in octal. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
