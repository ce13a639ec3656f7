import { constants } from "node:os";
import { type Journal, openJournal } from "./journal.ts";

export interface Output {
  stream: "stdout" | "stderr";
  data: Uint8Array;
}
export interface FileView {
  read(path: string): Uint8Array | undefined;
  /** False where nothing may be written. */
  write(path: string, data: Uint8Array): boolean;
}
export interface Process {
  output: Journal<Output>;
  stdin: Journal<Uint8Array>;
  signal(name: string): void;
  /** Ends it as if it had done so itself. */
  end(exitCode: number): void;
  exitCode: Promise<number>;
}

/**
 * Runs a scripted command: steps separated by `;`. `print <text>`, `print-error <text>`, `exit <code>`, `sleep`, `cat`,
 * `read <path>`, `write <path> <text>`, `ignore-term`. Any other first word is a command that the image does not have: 127.
 */
export function startProcess(command: readonly string[], files: FileView): Process {
  const output = openJournal<Output>();
  const stdin = openJournal<Uint8Array>();
  const { promise: killed, resolve: kill } = Promise.withResolvers<number>();
  let ignoresTerm = false;
  const print = (stream: Output["stream"], text: string | Uint8Array) =>
    output.push({ stream, data: Buffer.from(text) });

  async function run(): Promise<number> {
    for (const [name, first = "", ...rest] of steps(command)) {
      if (name === "print") print("stdout", `${first}\n`);
      else if (name === "print-error") print("stderr", `${first}\n`);
      else if (name === "exit") return Number(first);
      else if (name === "sleep") return killed;
      else if (name === "ignore-term") ignoresTerm = true;
      else if (name === "cat") for await (const data of stdin.follow(0)) print("stdout", data);
      else if (name === "read") {
        const data = files.read(first);
        if (!data) return (print("stderr", `${first}: No such file or directory\n`), 1);
        print("stdout", data);
      } else if (name === "write") {
        if (!files.write(first, Buffer.from(rest.join(" "))))
          return (print("stderr", `${first}: Read-only file system\n`), 1);
      } else return (print("stderr", `${name}: not found\n`), 127);
    }
    return 0;
  }

  const exitCode = Promise.race([Promise.resolve().then(run), killed]).finally(() => output.close());
  return {
    output,
    stdin,
    exitCode,
    end: kill,
    signal(name) {
      const number = constants.signals[(name.startsWith("SIG") ? name : `SIG${name}`) as NodeJS.Signals];
      if (!(ignoresTerm && number === constants.signals.SIGTERM)) kill(128 + number);
    },
  };
}

function steps(command: readonly string[]): string[][] {
  const found: string[][] = [[]];
  for (const word of command) {
    if (word === ";") found.push([]);
    else found.at(-1)?.push(word);
  }
  return found;
}
