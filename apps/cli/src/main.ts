import { EXIT_CODES } from "./exit-codes.ts";
import { runCommand } from "./run-command.ts";

/** The process `hafen`: opens what a command may touch, runs it, and ends with its code. */
export async function main(argv: readonly string[]): Promise<void> {
  const { stdin, stdout, stderr, env } = process;
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(EXIT_CODES.brokenPipe); // whoever read has seen enough
      if (stream === stdout) stderr.write(`hafen: cannot write: ${error.message}\n`);
      process.exit(EXIT_CODES.failed);
    });
  }
  const code = await runCommand(
    {
      env,
      cwd: process.cwd(),
      stdin,
      stdout,
      stderr,
      now: Date.now,
      onSignal(signal, callback) {
        process.on(signal, callback);
        return () => process.off(signal, callback);
      },
    },
    argv,
  );
  // A terminal or an idle connection would keep the process; what was written must be out first.
  for (const stream of [stdout, stderr]) await new Promise((done) => stream.write("", done));
  process.exit(code);
}
