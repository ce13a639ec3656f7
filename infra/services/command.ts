import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";

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

/**
 * Runs a short program to its end and answers its stdout; rejects with its stderr in the message.
 * In a session of its own: a Ctrl-C must not tear an `apt-get install` or an `umount` in two.
 */
export async function run(program: string, args: string[], timeoutMs = 30_000): Promise<string> {
  const child = spawn(program, args, {
    env: { ...process.env, PATH: searchPath(process.env), LC_ALL: "C" },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const [stdout, stderr, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code ?? signal}: ${stderr.trim()}`);
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
