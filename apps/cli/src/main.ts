import { runCommand } from "./run-command.ts";

/** The process `hafen`: opens what a command may touch, runs it, and ends with its code. */
export async function main(argv: readonly string[]): Promise<void> {
  const { stdin, stdout, stderr, env } = process;
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit(0); // whoever read has seen enough
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
