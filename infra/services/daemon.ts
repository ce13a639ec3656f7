import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { ServiceError } from "./error.ts";
import { stopProcess } from "./processes.ts";
import { until } from "./until.ts";

const LOG_BYTES = 10 * 1024 * 1024;
const SHOWN_LINES = 12;

export interface DaemonSpec {
  name: string;
  program: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  logFile: string;
  account?: { uid: number; gid: number } | undefined;
  timeoutMs: number;
  ready: () => Promise<boolean>;
}

/**
 * Starts a program that outlives us if we are killed, and answers its pid once it is ready.
 * It gets a session of its own: Ctrl-C reaches only Hafen, which then stops its daemons in order.
 */
export async function startDaemon(spec: DaemonSpec): Promise<number> {
  const fromByte = rotate(spec.logFile);
  const log = openSync(spec.logFile, "a", 0o640);
  const child = spawn(spec.program, spec.args, {
    cwd: "/",
    env: spec.env,
    detached: true,
    stdio: ["ignore", log, log],
    ...(spec.account && { uid: spec.account.uid, gid: spec.account.gid }),
  });
  closeSync(log);
  await once(child, "spawn").catch((cause: unknown) => {
    throw new ServiceError("start_failed", `${spec.name} cannot be started: ${String(cause)}`, { cause });
  });
  child.unref();
  const pid = child.pid as number;
  const exited = () => child.exitCode !== null || child.signalCode !== null;

  let isReady = false;
  await until(async () => (isReady = await spec.ready()) || exited(), spec.timeoutMs);
  if (isReady && !exited()) return pid;

  const how = exited()
    ? `ended with ${child.exitCode ?? child.signalCode}`
    : `was not ready within ${spec.timeoutMs} ms`;
  await stopProcess(pid, "SIGTERM", 5_000);
  throw new ServiceError(
    "start_failed",
    `${spec.name} ${how}; the end of ${spec.logFile}:\n${tail(spec.logFile, fromByte)}`,
  );
}

/** Keeps one older log; answers where this run's part begins. */
function rotate(logFile: string): number {
  const bytes = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes < LOG_BYTES) return bytes;
  renameSync(logFile, `${logFile}.1`);
  return 0;
}

function tail(logFile: string, fromByte: number): string {
  const lines = readFileSync(logFile).subarray(fromByte).toString().trimEnd().split("\n");
  return lines
    .slice(-SHOWN_LINES)
    .map((line) => `  ${line}`)
    .join("\n");
}
