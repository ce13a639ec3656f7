import { address } from "./address.ts";
import type { ChangeOptions } from "./call-options.ts";
import { execStream } from "./exec-stream.ts";
import type { Transport } from "./transport.ts";
import type { Exec, ExecResult } from "./wire.ts";

/** The service's own, when a body does not say. */
const DEFAULT_SECONDS = 60;
/** Node's fetch gives an answer up that has not begun after 300 s; a WebSocket has no such limit. */
const LONG_SECONDS = 240;
/** As the service keeps of each stream. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** Sent once, whatever becomes of it: a command that has begun is not to begin again. */
export async function exec(transport: Transport, ref: string, body: Exec, options: ChangeOptions): Promise<ExecResult> {
  const { timeoutSeconds = DEFAULT_SECONDS } = body;
  if (timeoutSeconds > LONG_SECONDS && transport.opensSockets) return overSocket(transport, ref, body, options);
  const timeoutMs = options.timeoutMs ?? transport.timeoutMs + timeoutSeconds * 1000;
  return transport.json({
    method: "POST",
    path: address`/v1/containers/${ref}/exec`,
    json: body,
    once: true,
    options: { ...options, timeoutMs },
  });
}

async function overSocket(
  transport: Transport,
  ref: string,
  { stdin, ...body }: Exec,
  { signal, timeoutMs }: ChangeOptions,
): Promise<ExecResult> {
  const request = { ...body, stdin: stdin !== undefined };
  const session = await execStream(transport, ref, request, { signal, timeoutMs });
  try {
    const feeding = feed(session, stdin).catch(() => {}); // one that ends without reading its input is no error
    const output = { stdout: kept(), stderr: kept() };
    for await (const { stream, data } of session.output) output[stream].take(data);
    const ended = await session.ended;
    await feeding;
    const { stdout, stderr } = output;
    return {
      stdout: stdout.text(),
      stderr: stderr.text(),
      truncated: stdout.isCut() || stderr.isCut(),
      ...ended,
    };
  } finally {
    session.close();
  }
}

async function feed(session: Awaited<ReturnType<typeof execStream>>, stdin: string | undefined): Promise<void> {
  if (stdin === undefined) return;
  await session.write(stdin);
  session.end();
}

function kept() {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  let cut = false;
  return {
    take(data: Uint8Array) {
      const piece = data.subarray(0, MAX_OUTPUT_BYTES - bytes);
      cut ||= piece.length < data.length;
      bytes += piece.length;
      text += decoder.decode(piece, { stream: true });
    },
    text: () => text + decoder.decode(),
    isCut: () => cut,
  };
}
