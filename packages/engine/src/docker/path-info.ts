import type { PathInfo } from "../engine.ts";
import { EngineError } from "../error.ts";

/** Bits of Go's os.FileMode, which are not the kernel's. */
const GO = {
  directory: 0x8000_0000,
  symlink: 0x0800_0000,
  special: 0x0400_0000 | 0x0200_0000 | 0x0100_0000 | 0x0020_0000 | 0x0008_0000,
  setuid: 0x0080_0000,
  setgid: 0x0040_0000,
  sticky: 0x0010_0000,
};

interface RawStat {
  size: number;
  mode: number;
  mtime: string;
  linkTarget: string;
}

/** The engine's header about a path: JSON in base 64. */
export function toPathInfo(header: string | string[] | undefined): PathInfo {
  if (typeof header !== "string") throw new EngineError("unavailable", "the engine does not say what is at the path");
  const { size, mode, mtime, linkTarget } = JSON.parse(Buffer.from(header, "base64").toString()) as RawStat;
  return {
    type: typeOf(mode),
    sizeBytes: size,
    mode: permissions(mode),
    modifiedAt: mtime,
    ...(linkTarget === "" ? {} : { linkTarget }),
  };
}

function typeOf(mode: number): PathInfo["type"] {
  if (has(mode, GO.directory)) return "directory";
  if (has(mode, GO.symlink)) return "symlink";
  return has(mode, GO.special) ? "other" : "file";
}

function permissions(mode: number): number {
  const special = [
    [GO.setuid, 0o4000],
    [GO.setgid, 0o2000],
    [GO.sticky, 0o1000],
  ] as const;
  return special.reduce((bits, [go, kernel]) => (has(mode, go) ? bits | kernel : bits), mode & 0o777);
}

function has(mode: number, bits: number): boolean {
  return (mode & bits) !== 0;
}
