import type { Ctx } from "../ctx.ts";

/** Makes our terminal the process's: its size, and with `raw` every key. Answers with the end of that. */
export function onScreen(
  { stdin, stdout }: Pick<Ctx, "stdin" | "stdout">,
  process: { resize(columns: number, rows: number): void },
  { raw }: { raw: boolean },
): () => void {
  const resize = () => {
    try {
      process.resize(stdout.columns, stdout.rows);
    } catch {
      // its connection is gone, which its output tells
    }
  };
  if (raw && stdin.isTTY) stdin.setRawMode(true);
  if (stdout.isTTY) {
    resize();
    stdout.on("resize", resize);
  }
  return () => {
    stdout.off("resize", resize);
    if (raw && stdin.isTTY) stdin.setRawMode(false);
  };
}
