import type { CheckResult } from "@hafen/contract";
import { knownHoles } from "../known-holes.ts";
import type { HostFacts } from "./examine.ts";
import { fail, pass, warn } from "./result.ts";

/** What the engine lacks, and whether strangers' work can go without. */
const PROTECTIONS: Record<string, { lacking: typeof fail; advice: string }> = {
  userNamespaces: {
    lacking: fail,
    advice: 'Root in a container is root of the machine. Set "userns-remap" in the engine\'s daemon.json.',
  },
  seccomp: { lacking: fail, advice: "Every system call is open. Use an engine and a kernel with seccomp." },
  liveRestore: {
    lacking: warn,
    advice: 'A restart of the engine ends all containers. Set "live-restore": true in its daemon.json.',
  },
  noNewPrivileges: {
    lacking: warn,
    advice:
      'Build steps may use setuid programs. Set "no-new-privileges": true in daemon.json; engines older than 23 have it without saying so.',
  },
};

export function examineEngine({ engine, sharesNetwork }: HostFacts): CheckResult[] {
  const protections = Object.entries(engine.protections).map(([name, has]) => {
    const known = PROTECTIONS[name];
    if (has) return pass(`engine.${name}`, "in force");
    return (known?.lacking ?? warn)(
      `engine.${name}`,
      "not reported",
      known?.advice ?? "See docs/reference/isolation.md.",
    );
  });
  return [...protections, network(sharesNetwork), ...versions(engine)];
}

function network(shares: boolean | undefined): CheckResult {
  const name = "engine.network";
  if (shares === false) return pass(name, "the engine has a network namespace of its own");
  const found = shares
    ? "the engine is in the machine's network namespace"
    : "the engine is reached over TCP: not seen";
  return warn(
    name,
    found,
    "What it fetches itself, ADD and FROM of a build, reaches the machine's services. Let npm start run an engine of its own, or firewall OUTPUT.",
  );
}

function versions({ components, protections }: HostFacts["engine"]): CheckResult[] {
  const holes = knownHoles(components);
  return components.map(({ name, version, build }) => {
    const own = holes.filter((hole) => hole.component === name);
    const found = build.startsWith(version) ? build : version;
    if (own.length === 0) return pass(`version.${name}`, `${found}: no hole that Hafen knows of`);
    // User namespaces leave what breaks out without rights on the machine.
    const state = own.some(({ severity }) => severity === "high") && !protections.userNamespaces ? fail : warn;
    return state(
      `version.${name}`,
      `${found} has ${own.map(({ code }) => code).join(", ")}`,
      own.map(({ detail }) => detail).join(" "),
    );
  });
}
