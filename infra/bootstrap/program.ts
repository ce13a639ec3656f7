import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { open, readFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const RESTART_MS = 1_000;

export interface Program {
  /** SIGTERM, then waits for its ordered end. */
  stop(): Promise<void>;
}

export interface ProgramOptions {
  name: string;
  /** The TypeScript file to run. */
  main: string;
  root: string;
  home: string;
  env: NodeJS.ProcessEnv;
  say: (line: string) => void;
}

/**
 * Keeps one program of ours running: in a process group of its own, so that Ctrl-C reaches us alone; its output in `<home>/log`;
 * restarted when it ends by itself. Its standard input is our pipe: when we are gone, it ends too (HAFEN_END_WITH_PARENT).
 */
export async function keepRunning(options: ProgramOptions): Promise<Program> {
  const logPath = join(options.home, "log", `${options.name}.log`);
  const log = await open(logPath, "a");
  const stopping = new AbortController();
  let child = start(options, log);
  const kept = (async () => {
    for (;;) {
      const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
      if (stopping.signal.aborted) return;
      options.say(
        `${options.name} ended (${signal ?? `exit code ${code}`}); starting it again. Its log: ${logPath}\n${await lastLines(logPath)}`,
      );
      await delay(RESTART_MS, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      child = start(options, log);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      child.kill("SIGTERM");
      await kept;
      await log.close();
    },
  };
}

function start({ main, root, env }: ProgramOptions, log: FileHandle): ChildProcess {
  return spawn(process.execPath, [main], {
    cwd: root,
    env,
    stdio: ["pipe", log.fd, log.fd],
    detached: true,
  });
}

async function lastLines(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text
    .trimEnd()
    .split("\n")
    .slice(-3)
    .map((line) => `    ${line.slice(0, 400)}`)
    .join("\n");
}
