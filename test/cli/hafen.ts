import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const BIN = new URL("../../apps/cli/bin/hafen.mjs", import.meta.url).pathname;

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}
export interface RunOptions {
  input?: string | Uint8Array;
  cwd?: string;
  env?: Record<string, string>;
}

/** The `hafen` of one user, as a child process with a home of its own. */
export interface Cli extends AsyncDisposable {
  home: string;
  /** Runs it to its end, whatever its exit code. */
  (...args: string[]): Promise<Ran>;
  with(options: RunOptions, ...args: string[]): Promise<Ran>;
  /** Runs it, and throws unless it ends with 0; answers with stdout, without the last line's end. */
  ok(...args: string[]): Promise<string>;
  /** Makes a directory at home of these files, and answers its path. */
  directory(name: string, files: Record<string, string>): Promise<string>;
  /** A process that is still running. */
  start(...args: string[]): Running;
  command: string[];
  env: Record<string, string>;
}

export interface Running {
  stdout(): string;
  stderr(): string;
  signal(signal: NodeJS.Signals): void;
  write(data: string): void;
  ended: Promise<Ran>;
}

export async function openCli(service: { url: string; apiKey: string } | undefined): Promise<Cli> {
  const home = await mkdtemp(join(tmpdir(), "hafen-cli-"));
  const env: Record<string, string> = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    ...(service ? { HAFEN_URL: service.url, HAFEN_API_KEY: service.apiKey } : {}),
  };
  const start = (options: RunOptions, args: string[]): Running => {
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: options.cwd ?? home,
      env: { ...env, ...options.env },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    child.stdin.on("error", () => {}); // it may end before it has read all
    if (options.input !== undefined) child.stdin.end(options.input);
    const ended = new Promise<Ran>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, stdout, stderr }));
    });
    return {
      stdout: () => stdout,
      stderr: () => stderr,
      signal: (signal) => void child.kill(signal),
      write: (data) => void child.stdin.write(data),
      ended,
    };
  };
  const run = (options: RunOptions, args: string[]) => start({ input: "", ...options }, args).ended;
  const cli = (...args: string[]) => run({}, args);
  return Object.assign(cli, {
    home,
    env,
    command: [process.execPath, BIN],
    with: (options: RunOptions, ...args: string[]) => run(options, args),
    start: (...args: string[]) => start({}, args),
    async ok(...args: string[]) {
      const { code, stdout, stderr } = await run({}, args);
      if (code !== 0) throw new Error(`hafen ${args.join(" ")} ended with ${code}: ${stdout}${stderr}`);
      return stdout.replace(/\n$/, "");
    },
    async directory(name: string, files: Record<string, string>) {
      for (const [path, text] of Object.entries(files)) {
        const full = join(home, name, path);
        await mkdir(dirname(full), { recursive: true });
        await writeFile(full, text);
      }
      return join(home, name);
    },
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  });
}

/** A command on a terminal of its own, by util-linux's script. */
export function onTerminal({ command, env, home }: Cli, args: string[]): Running {
  const quoted = [...command, ...args].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
  const child = spawn("script", ["-qec", `stty rows 40 cols 120; exec ${quoted}`, "/dev/null"], {
    cwd: home,
    env: { ...env, TERM: "xterm", SHELL: "/bin/sh" },
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  return {
    stdout: () => stdout,
    stderr: () => "",
    signal: (signal) => void child.kill(signal),
    write: (data) => void child.stdin.write(data),
    ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr: "" }))),
  };
}
