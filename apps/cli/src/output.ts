import { once } from "node:events";
import type { Ctx, Output } from "./ctx.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { columns } from "./format/columns.ts";
import { inert, inertJson } from "./format/inert.ts";
import type { Result } from "./result.ts";

const BOLD = "\u001b[1m";
const RED = "\u001b[31m";
const PLAIN = "\u001b[0m";

/** Resolves once there is room for more. */
export async function write(to: Output, data: string | Uint8Array): Promise<void> {
  if (data.length > 0 && !to.write(data)) await once(to, "drain");
}

/** Colour is for people who have not asked to be spared. */
function coloured(ctx: Ctx, to: Output, style: string, text: string): string {
  const wanted = to.isTTY && !ctx.env["NO_COLOR"] && ctx.env["TERM"] !== "dumb";
  return wanted ? `${style}${text}${PLAIN}` : text;
}

/** Answers with the exit code. */
export async function print(ctx: Ctx, result: Result): Promise<number> {
  if (result.kind === "stream") {
    for (;;) {
      const next = await result.pieces.next();
      if (next.done) return next.value;
      const piece = next.value;
      if ("to" in piece) await write(ctx[piece.to], piece.data);
      else if (ctx.json) await write(ctx.stdout, `${inertJson(piece.json)}\n`);
      else await write(ctx.stdout, `${piece.line}\n`);
    }
  }
  if (result.kind === "lines") for (const note of result.notes) await complain(ctx, note);
  if (ctx.json) await write(ctx.stdout, `${inertJson(result.json, 2)}\n`);
  else if (result.kind === "lines") await write(ctx.stdout, result.lines.map((line) => `${line}\n`).join(""));
  else {
    const [header = "", ...rows] = columns(result.header, result.cells);
    await write(ctx.stdout, [coloured(ctx, ctx.stdout, BOLD, header), ...rows, ""].join("\n"));
  }
  return EXIT_CODES.ok;
}

/** One line on stderr; what is quoted in it cannot act on the terminal. */
export async function complain(ctx: Ctx, message: string): Promise<void> {
  await write(ctx.stderr, `${coloured(ctx, ctx.stderr, RED, "hafen:")} ${inert(message)}\n`);
}
