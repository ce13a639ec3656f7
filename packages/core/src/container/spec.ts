import type { ContainerSpec, Isolation, MountSpec } from "@hafen/engine";
import type { ContainerRow, MountRow } from "@hafen/db";
import { macAddress } from "../egress/mac-address.ts";
import { healthcheckSpec } from "./healthcheck.ts";
import { RESTRICTED_USER } from "./restricted-user.ts";

/** Labels by which engine objects are found again; nothing else is trusted about them. */
export const LABELS = { id: "hafen.id", host: "hafen.host", user: "hafen.user", helper: "hafen.helper" } as const;

/** What root inside a `standard` container keeps: see the design, section 8. Everything else is dropped. */
const STANDARD_CAPABILITIES = [
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "SETGID",
  "SETUID",
  "NET_BIND_SERVICE",
  "SYS_CHROOT",
] as const;

const PROFILES = {
  standard: { capabilities: STANDARD_CAPABILITIES, readOnlyRoot: false },
  restricted: { capabilities: [], readOnlyRoot: true },
} as const satisfies Record<string, Isolation>;

/** Out of memory, the kernel ends a container's processes before the service's own and before the machine's. */
export const CONTAINER_OOM_SCORE = 500;

const INODES_PER_TMPFS = 65_536;

/**
 * The one place where a row becomes what the engine is told: pure, so that a property test can hold it against every rule.
 * A request's fields reach the engine only through here, and isolation comes from the profile alone.
 */
export function containerSpec(
  row: ContainerRow,
  mounts: MountRow[],
  host: { id: string; seccomp?: string | undefined },
  secretFiles: { target: string }[] = [],
): ContainerSpec {
  const { config, limits } = row;
  const profile = PROFILES[config.profile];
  return {
    name: row.id,
    imageId: row.imageDigest,
    hostname: config.hostname,
    entrypoint: config.entrypoint,
    command: config.command,
    env: Object.entries(config.env).map(([name, value]) => `${name}=${value}`),
    workingDir: config.workingDir,
    user: config.profile === "restricted" ? RESTRICTED_USER : config.user,
    tty: config.tty,
    openStdin: config.openStdin,
    stdinOnce: config.stdinOnce,
    labels: { [LABELS.id]: row.id, [LABELS.host]: host.id, [LABELS.user]: row.userId },
    mounts: mounts.map(mountSpec),
    secretFiles: secretFiles.map(({ target }) => ({ target })),
    limits,
    network: row.networkId === null ? "bridge" : { name: row.networkId, aliases: [row.name] },
    macAddress: macAddress(host.id, row.id),
    healthcheck: config.healthcheck ? healthcheckSpec(config.healthcheck) : undefined,
    isolation: { ...profile, seccomp: host.seccomp },
    log: { maxBytes: 10 * 1024 * 1024, files: 2 },
    shmBytes: Math.min(64 * 1024 * 1024, limits.memoryBytes),
    openFiles: 16_384,
    oomScore: CONTAINER_OOM_SCORE,
  };
}

function mountSpec(mount: MountRow): MountSpec {
  if (mount.volumeId !== null)
    return {
      type: "volume",
      volume: mount.volumeId,
      target: mount.target,
      readOnly: mount.readOnly,
      // As docker's bind: it hides what the image has there.
      fromImage: mount.volume?.hostPath == null,
    };
  return { type: "tmpfs", target: mount.target, sizeBytes: mount.sizeBytes ?? 0, inodes: INODES_PER_TMPFS };
}
