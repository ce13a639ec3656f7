import type { Isolation } from "@hafen/sdk";
import { command } from "../../command.ts";
import { bytes } from "../../format/bytes.ts";
import { columns } from "../../format/columns.ts";
import { lines } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER",
  takes: [1, 1],
  flags: {},
  async run(ctx, { args: [given = ""] }) {
    const client = await ctx.client();
    const found = await client.containers.isolation(await containerRef(client, given));
    return lines(columns(["", ""], rowsOf(found)).slice(1), found);
  },
});

function rowsOf(found: Isolation): string[][] {
  const { namespaces, uidMap, cgroup, capabilities, seccomp, network, mounts } = found;
  const shared = namespaces.filter(({ own }) => !own).map(({ type }) => type);
  const list = (words: string[]) => (words.length === 0 ? "none" : words.join(" "));
  const size = (value: number | null) => (value === null ? "no limit" : bytes(value));
  const map = uidMap.map(({ inside, outside, count }) => `${inside} is ${outside} (${count})`);
  return [
    ["Runtime", found.runtime],
    ["Own namespaces", list(namespaces.filter(({ own }) => own).map(({ type }) => type))],
    ["Shared namespaces", list(shared)],
    ["User ids", list(map)],
    ["Capabilities", list(capabilities.effective)],
    ["Bounding set", list(capabilities.bounding)],
    ["No new privileges", found.noNewPrivileges ? "yes" : "no"],
    ["Seccomp", seccomp.mode + (seccomp.filters === null ? "" : `, ${seccomp.filters} filters`)],
    ["Security module", found.lsmLabel ?? "none"],
    ["Cgroups", `version ${cgroup.version}`],
    ["Memory", usage(bytes(cgroup.memory.usedBytes), size(cgroup.memory.limitBytes), cgroup.memory.peakBytes, bytes)],
    [
      "Memory and swap",
      cgroup.swap ? `${bytes(cgroup.swap.usedBytes)} of ${size(cgroup.swap.limitBytes)}` : "not counted",
    ],
    ["Processors", cgroup.cpu.quotaUs === null ? "no limit" : String(cgroup.cpu.quotaUs / cgroup.cpu.periodUs)],
    [
      "Processes",
      usage(String(cgroup.pids.current), String(cgroup.pids.limit ?? "no limit"), cgroup.pids.peak, String),
    ],
    ["Killed for memory", String(cgroup.oomKills)],
    ["Open files", String(found.openFiles.hard ?? "no limit")],
    ["Mounts", String(mounts.length)],
    ...network.interfaces.map(({ name, addresses }) => [`Interface ${name}`, list(addresses)]),
    ...(network.firewall ?? [network.firewallUnknown ?? "not known"]).map((rule, at) => [
      at === 0 ? "Firewall" : "",
      rule,
    ]),
  ];
}

function usage(now: string, limit: string, peak: number | null, format: (value: number) => string): string {
  return `${now} of ${limit}${peak === null ? "" : `, at most ${format(peak)}`}`;
}
