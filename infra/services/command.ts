import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
// Not every root shell has the sbin directories, and iptables and dockerd live there.
const SYSTEM_DIRECTORIES = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

export function searchPath(env: NodeJS.ProcessEnv): string {
  const directories = (env.PATH ?? "").split(delimiter).filter((directory) => directory !== "");
  return [...new Set([...directories, ...SYSTEM_DIRECTORIES])].join(delimiter);
}

export function findProgram(name: string, env: NodeJS.ProcessEnv): string | undefined {
  return searchPath(env)
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

/** Runs a short program to its end and answers its stdout; rejects with its stderr in the message. */
export async function run(program: string, args: string[], timeoutMs = 30_000): Promise<string> {
  const { stdout } = await execute(program, args, {
    env: { ...process.env, PATH: searchPath(process.env), LC_ALL: "C" },
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}

export async function succeeds(program: string, args: string[]): Promise<boolean> {
  return run(program, args).then(
    () => true,
    () => false,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
