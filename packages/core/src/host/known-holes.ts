import type { HostWarning } from "@hafen/contract";
import type { EngineInfo } from "@hafen/engine";
import { isAtLeast, isMendedUpstream } from "./versions.ts";

interface Hole {
  component: "engine" | "containerd" | "runc";
  code: string;
  severity: "low" | "high";
  opens: string;
  /** The first version without it on each branch that was mended; an older branch keeps it, a newer one never had it. */
  fixed: readonly string[];
  /** The Debian package that has the fix under an older upstream version. */
  debian?: string;
}

/** Holes that a user's image, build or container could go through. Those of parts that Hafen does not use are left out. */
const HOLES: readonly Hole[] = [
  {
    component: "runc",
    code: "CVE-2024-21626",
    severity: "high",
    opens: "an image or an exec gets a working directory on the host",
    fixed: ["1.1.12"],
    debian: "1.1.5+ds1-1+deb12u1",
  },
  {
    component: "runc",
    code: "CVE-2025-31133",
    severity: "high",
    opens: "an image that races its masked paths gets files of the host to write to",
    fixed: ["1.2.8", "1.3.3", "1.4.0-rc.3"],
  },
  {
    component: "runc",
    code: "CVE-2025-52565",
    severity: "high",
    opens: "an image that races its console gets files of the host to write to",
    fixed: ["1.2.8", "1.3.3", "1.4.0-rc.3"],
  },
  {
    component: "runc",
    code: "CVE-2025-52881",
    severity: "high",
    opens: "an image that races its mounts turns what runc writes to /proc elsewhere",
    fixed: ["1.2.8", "1.3.3", "1.4.0-rc.3"],
  },
  {
    component: "runc",
    code: "CVE-2026-41579",
    severity: "low",
    opens: "a weakness of the runtime that its authors rate low",
    fixed: ["1.3.6", "1.4.3", "1.5.0-rc.3"],
  },
  {
    component: "engine",
    code: "CVE-2022-36109",
    severity: "low",
    opens: "a process keeps groups that it was to lose",
    fixed: ["20.10.18"],
  },
  {
    component: "engine",
    code: "CVE-2024-23652",
    severity: "high",
    opens: "a Dockerfile built with BuildKit removes files of the host; Hafen builds with the classic builder",
    fixed: ["24.0.9", "25.0.2"],
  },
  {
    component: "engine",
    code: "CVE-2024-29018",
    severity: "low",
    opens: "a container without a way out still asks outside name servers through the engine",
    fixed: ["23.0.11", "25.0.5", "26.0.0"],
  },
  {
    component: "containerd",
    code: "CVE-2023-25173",
    severity: "low",
    opens: "a process keeps groups that it was to lose",
    fixed: ["1.5.18", "1.6.18"],
  },
];

/** What is publicly known against the installed versions. */
export function knownHoles(components: EngineInfo["components"]): HostWarning[] {
  return components.flatMap(({ name, version, build }) =>
    HOLES.filter((hole) => hole.component === name && !isMended(hole, version, build)).map((hole) => ({
      code: hole.code,
      component: name,
      version: build.startsWith(version) ? build : version,
      severity: hole.severity,
      detail: `${upperFirst(hole.opens)}. Mended in ${name} ${hole.fixed.join(", ")}: install one of these, or newer.`,
    })),
  );
}

function isMended({ fixed, debian }: Hole, version: string, build: string): boolean {
  if (isMendedUpstream(version, fixed)) return true;
  return debian !== undefined && isAtLeast(build, debian);
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
