import { can, ProblemError } from "@hafen/contract";
import { mountsOf, secretsOf, type ContainerRow, type MountRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { cleanPath } from "../files/clean-path.ts";
import type { Place } from "../files/place.ts";
import { onHost } from "./live.ts";
import { wrongState } from "./request.ts";

/** In a running container these are the kernel's; the engine would show what lies below them on the disk. */
const KERNEL_PATHS = ["/proc", "/sys", "/dev"];

/** A path of a container, running or not. One transfer at a time: the engine would let a second one wait for 30 s, and then fail it. */
export async function containerPlace(ctx: HostCtx, id: string, path: string, signal: AbortSignal): Promise<Place> {
  const transfer = await ctx.transfers.beginAlone(id, signal);
  try {
    const row = await onHost(ctx, id);
    const engineId = await reachable(ctx, row);
    const secrets = row.config.hasSecrets ? await secretsOf(ctx.db, [row.id]) : [];
    const inMemory = secrets.map(({ target }) => ({ type: "tmpfs" as const, target }));
    const mounts = [...(await mountsOf(ctx.db, [row.id])), ...inMemory];
    return {
      engineId,
      path,
      shown: path,
      owner: row.name,
      signal: transfer.signal,
      reach: (target) => target,
      inMemory: (at) => memoryRoot(at, mounts),
      gone: () => goneError(row),
      wrongState: () => wrongState(row, "files"),
      [Symbol.asyncDispose]: async () => transfer[Symbol.dispose](),
    };
  } catch (error) {
    transfer[Symbol.dispose]();
    throw error;
  }
}

/** The engine's id of a container whose files the engine can show. */
async function reachable(ctx: HostCtx, row: ContainerRow): Promise<string> {
  if (!can("files", row.state)) throw wrongState(row, "files");
  const engineId = row.engineId ?? (await ctx.engine.inspectContainer(row.id))?.id;
  if (engineId === undefined) throw goneError(row);
  return engineId;
}

function goneError({ name }: ContainerRow): ProblemError {
  return new ProblemError("container_not_found", `The container ${name} is gone.`);
}

/** A volume may lie below one of these, and is on a disk; what is mounted deepest counts. */
export function memoryRoot(path: string, mounts: Pick<MountRow, "type" | "target">[]): string | undefined {
  const roots = [...KERNEL_PATHS.map((target) => ({ type: "tmpfs", target })), ...mounts]
    .filter(({ target }) => isBelow(path, target))
    .toSorted((one, other) => other.target.length - one.target.length);
  return roots[0]?.type === "tmpfs" ? roots[0].target : undefined;
}

function isBelow(path: string, root: string): boolean {
  return `${cleanPath(path)}/`.startsWith(`${cleanPath(root)}/`);
}
