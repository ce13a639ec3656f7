import { constants } from "node:os";
import type { Termination } from "@hafen/contract";
import type { ContainerRow } from "@hafen/db";
import type { ContainerInfo } from "@hafen/engine";

/** Why a container ended, with the evidence: what the engine says of it, and whether a request had asked for it. */
export function terminationOf(
  row: Pick<ContainerRow, "desired" | "stopRequest" | "limits" | "startDue" | "ttlSeconds" | "idleTimeoutSeconds">,
  info: ContainerInfo,
): Termination {
  const exitCode = info.exitCode ?? 0;
  const at = toIso(info.finishedAt);
  // Asked for first: an earlier kill of a child for memory stays in the engine's record until the next start.
  if (row.desired === "exited" && row.stopRequest) {
    const { cause } = row.stopRequest;
    if (cause === "grant_revoked")
      return { cause, detail: "The grant of a volume that it mounts was revoked by its owner.", exitCode, at };
    if (cause !== undefined) return { ...spanOver(row, cause), exitCode, at };
    return { cause: "stopped", detail: "Stopped on request.", exitCode, by: row.stopRequest.by, at };
  }
  if (info.oomKilled && exitCode !== 0) {
    const { memoryBytes } = row.limits;
    return {
      cause: "oom",
      detail: `A process was killed for memory: the limit is ${memoryBytes} bytes.`,
      exitCode,
      limitBytes: memoryBytes,
      at,
    };
  }
  if (exitCode === 0) return { cause: "completed", detail: "Its process ended by itself.", exitCode, at };
  const signal = signalOf(exitCode);
  if (signal) return { cause: "signal", detail: `Its process was ended by ${signal}.`, exitCode, signal, at };
  return {
    cause: "error",
    detail: `Its process ended with exit code ${exitCode}${SHELL_CODES[exitCode] ?? ""}.`,
    exitCode,
    at,
  };
}

function spanOver(
  { ttlSeconds, idleTimeoutSeconds }: Pick<ContainerRow, "ttlSeconds" | "idleTimeoutSeconds">,
  cause: "ttl" | "idle",
): Pick<Termination, "cause" | "detail" | "afterSeconds"> {
  const afterSeconds = (cause === "ttl" ? ttlSeconds : idleTimeoutSeconds) ?? 0;
  const detail =
    cause === "ttl"
      ? `Its time to live, ${afterSeconds} s from its start, was over.`
      : `It had been idle for ${afterSeconds} s.`;
  return { cause, detail, afterSeconds };
}

/** As shells and inits mean them; the container's log has their message. */
const SHELL_CODES: Record<number, string> = {
  126: ", as when a command cannot be executed",
  127: ", as when there is no such command",
};

/** A process that a signal ended is told by 128 and the signal's number, as shells do. */
function signalOf(exitCode: number): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0];
}

/**
 * A start that the image makes impossible ends the container as a shell would: 127 no such command, 126 not executable.
 * Undefined for other refusals: the container is then `failed`.
 */
export function startRefused(message: string, now: Date): Termination | undefined {
  const exitCode = /executable file not found|no such file or directory/i.test(message)
    ? 127
    : /permission denied/i.test(message)
      ? 126
      : undefined;
  if (exitCode === undefined) return undefined;
  return { cause: "error", detail: message, exitCode, at: now.toISOString() };
}

/** The engine's time has nanoseconds; ours milliseconds. */
export function toIso(time: string | undefined): string {
  const date = time === undefined ? new Date() : new Date(time);
  return Number.isNaN(date.getTime()) ? new Date().toISOString() : date.toISOString();
}
