import { z } from "@hono/zod-openapi";

const Count = z.number().int();
const Limit = Count.nullable().describe("null: none");
const IdMap = z.array(z.object({ inside: Count, outside: Count, count: Count }));
const Capabilities = z.array(z.string()).describe("Names without CAP_");

/** What the kernel enforces on a container's first process and all that descends from it, read from the kernel. */
export const Isolation = z
  .object({
    runtime: z.string().describe("What started it"),
    namespaces: z.array(
      z.object({
        type: z.enum(["pid", "mnt", "net", "uts", "ipc", "user", "cgroup"]),
        id: Count.describe("The kernel's number: processes with the same share it"),
        own: z.boolean().describe("Another one than the host's own processes are in"),
      }),
    ),
    uidMap: IdMap,
    gidMap: IdMap,
    cgroup: z.object({
      version: z.union([z.literal(1), z.literal(2)]),
      controllers: z.array(z.string()),
      memory: z.object({ limitBytes: Limit, usedBytes: Count, peakBytes: Count.nullable() }),
      swap: z
        .object({ limitBytes: Limit, usedBytes: Count })
        .nullable()
        .describe("Memory and swap together; null: the host does not account for swap"),
      cpu: z.object({ quotaUs: Limit, periodUs: Count, usedMs: z.number(), throttledMs: z.number() }),
      pids: z.object({ limit: Limit, current: Count, peak: Count.nullable() }),
      oomKills: Count,
      blockIo: z.object({ readBytes: Count, writtenBytes: Count }),
    }),
    capabilities: z.object({
      effective: Capabilities,
      permitted: Capabilities,
      inheritable: Capabilities,
      bounding: Capabilities.describe("No process in it can ever have another"),
      ambient: Capabilities,
    }),
    noNewPrivileges: z.boolean(),
    seccomp: z.object({ mode: z.enum(["disabled", "strict", "filter"]), filters: Count.nullable() }),
    lsmLabel: z.string().nullable().describe("AppArmor's or SELinux'; null: no such module is in force"),
    openFiles: z.object({ soft: Limit, hard: Limit }),
    mounts: z.array(z.object({ target: z.string(), type: z.string(), options: z.array(z.string()) })),
    network: z.object({
      interfaces: z.array(z.object({ name: z.string(), addresses: z.array(z.string()) })),
      firewall: z
        .array(z.string())
        .nullable()
        .describe("Rules and entries of the host's packet filter that it is held to, as the kernel has them"),
      firewallUnknown: z.string().nullable().describe("Why firewall is null"),
    }),
  })
  .openapi("Isolation");
export type Isolation = z.infer<typeof Isolation>;
