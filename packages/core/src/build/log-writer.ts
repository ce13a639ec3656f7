import { appendLog, logEnd, type Db, type LogChunkLine } from "@hafen/db";

const FLUSH_MS = 100;
const FLUSH_LINES = 500;
const MAX_LOG_BYTES = 8 * 1024 * 1024;
const MAX_LINE_CHARACTERS = 16 * 1024;

export interface LogWriter {
  write(stream: LogChunkLine["stream"], text: string, atMs: number): Promise<void>;
  flush(): Promise<void>;
  /** The last lines printed, for a failure's evidence. */
  lastLines(): string[];
  close(): Promise<void>;
}

/** Writes a build's log in batches: at most 100 ms late, cut off at 8 MiB with a line that says so. Text of any chunking becomes lines. */
export async function openLogWriter(db: Db, buildId: string, onError: (error: unknown) => void): Promise<LogWriter> {
  let next = await logEnd(db, buildId);
  let pending: LogChunkLine[] = [];
  /** Sent, and not yet known to be written: sent again as it was, so that the row it may have made is the same. */
  let sent: LogChunkLine[] = [];
  let bytes = 0;
  let cut = false;
  let writing: Promise<void> = Promise.resolve();
  const partial = { stdout: "", stderr: "", status: "" };
  const recent: string[] = [];

  const flush = (): Promise<void> => {
    writing = writing
      .catch(() => {})
      .then(async () => {
        while (sent.length > 0 || pending.length > 0) {
          if (sent.length === 0) [sent, pending] = [pending, []];
          await appendLog(db, buildId, next, sent);
          next += sent.length;
          sent = [];
        }
      });
    return writing;
  };
  const timer = setInterval(() => void flush().catch(onError), FLUSH_MS);

  const line = (stream: LogChunkLine["stream"], raw: string, atMs: number) => {
    // Neither U+0000 nor half of a surrogate pair can be stored in jsonb; a carriage return is how progress bars overwrite a line.
    const text = raw.replaceAll("\0", "\uFFFD").replace(/\r$/, "").slice(0, MAX_LINE_CHARACTERS).toWellFormed();
    if (stream !== "status") {
      recent.push(text);
      if (recent.length > 20) recent.shift();
    }
    if (cut) return;
    bytes += text.length;
    cut = bytes > MAX_LOG_BYTES;
    pending.push(
      cut ? { stream: "status", text: "The log is over 8 MiB; the rest is left out.", atMs } : { stream, text, atMs },
    );
  };

  return {
    async write(stream, text, atMs) {
      const lines = (partial[stream] + text).split("\n");
      partial[stream] = lines.pop() ?? "";
      while (partial[stream].length > MAX_LINE_CHARACTERS) {
        lines.push(partial[stream].slice(0, MAX_LINE_CHARACTERS));
        partial[stream] = partial[stream].slice(MAX_LINE_CHARACTERS);
      }
      for (const one of lines) line(stream, one, atMs);
      if (pending.length >= FLUSH_LINES) await flush();
    },
    flush,
    lastLines: () => recent.filter((text) => text !== ""),
    async close() {
      clearInterval(timer);
      for (const stream of ["stdout", "stderr", "status"] as const) {
        if (partial[stream] !== "") line(stream, partial[stream], Date.now());
        partial[stream] = "";
      }
      await flush();
    },
  };
}
