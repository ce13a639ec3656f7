import type { Context } from "hono";

const KEEPALIVE_MS = 15_000;

export interface LineStream<T> {
  lines: AsyncGenerator<T>;
  /** The SSE event's name; default `line`. */
  event?: (line: T) => string;
  /** Where the stream begins, so that a client that loses it before the first line comes back to the right place. */
  startId?: string | undefined;
  /** What a client sends back as Last-Event-ID. */
  id: (line: T) => string | undefined;
  /** Aborted: the lines were broken off, and the stream must not look as if that were their end. */
  signal: AbortSignal;
  /** Sent as event `end` once the lines are over, so that a client knows an end from a break. */
  end?: () => Promise<unknown>;
}

/**
 * Answers with lines as they come: Server-Sent Events, or NDJSON when the client accepts that. The client's pace is the
 * generator's pace; its leaving ends the generator.
 */
export function streamLines<T>(c: Context, stream: LineStream<T>): Response {
  const ndjson = c.req.header("accept")?.includes("application/x-ndjson") ?? false;
  const encoder = new TextEncoder();
  const format = (line: T) =>
    ndjson ? `${JSON.stringify(line)}\n` : sse(stream.event?.(line) ?? "line", stream.id(line), line);
  let pending: Promise<IteratorResult<T>> | undefined;

  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (stream.startId !== undefined && !ndjson) controller.enqueue(encoder.encode(`id: ${stream.startId}\n\n`));
    },
    async pull(controller) {
      pending ??= stream.lines.next();
      const next = await orKeepalive(pending);
      if (next === "keepalive") {
        if (!ndjson) controller.enqueue(encoder.encode(": keepalive\n\n"));
        return;
      }
      pending = undefined;
      if (!next.done) return controller.enqueue(encoder.encode(format(next.value)));
      stream.signal.throwIfAborted();
      if (stream.end && !ndjson) controller.enqueue(encoder.encode(sse("end", undefined, await stream.end())));
      controller.close();
    },
    // A reader that left does not care how the source ends.
    cancel: () =>
      stream.lines.return(undefined).then(
        () => {},
        () => {},
      ),
  });
  return c.body(body, 200, {
    "content-type": ndjson ? "application/x-ndjson" : "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
}

async function orKeepalive<T>(next: Promise<T>): Promise<T | "keepalive"> {
  let timer: NodeJS.Timeout | undefined;
  const tick = new Promise<"keepalive">((resolve) => {
    timer = setTimeout(() => resolve("keepalive"), KEEPALIVE_MS);
  });
  try {
    return await Promise.race([next, tick]);
  } finally {
    clearTimeout(timer);
  }
}

function sse(event: string, id: string | undefined, data: unknown): string {
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
