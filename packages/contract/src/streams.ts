import { z } from "@hono/zod-openapi";
import { orNull, decimal } from "./conventions.ts";
import { Env, Exec, ExecAccount, Signal, Termination } from "./containers.ts";

/** What goes over a container's streams: frames of an attach, and what an upload of files did. */

/** The first byte of each WebSocket message; the rest is its data. */
export const CHANNELS = { stdin: 0, stdout: 1, stderr: 2, control: 3 } as const;
/** A longer message closes the WebSocket with 1009. */
export const STREAM_MESSAGE_BYTES = 1024 * 1024;
/** A request's head: the query of an exec holds its command. */
export const REQUEST_HEAD_BYTES = 256 * 1024;
/** A reader that leaves as much unread for `STREAM_STALL_MS` is dropped with 1013. */
export const STREAM_BUFFER_BYTES = 1024 * 1024;
export const STREAM_STALL_MS = 10_000;

const Cells = z.number().int().min(1).max(4096);
const Resize = z.strictObject({ type: z.literal("resize"), columns: Cells, rows: Cells });
const StdinEnd = z.strictObject({ type: z.literal("stdinEnd") });
const Read = z.strictObject({ type: z.literal("read"), bytes: z.number().int().min(0) });
/** What a client of an attach sends on the control channel, as JSON. */
export const StreamControl = z.discriminatedUnion("type", [Resize, StdinEnd, Read]).openapi("StreamControl");
export type StreamControl = z.infer<typeof StreamControl>;

/** What a client of an exec sends there. */
export const ExecControl = z
  .discriminatedUnion("type", [
    Resize,
    StdinEnd,
    z.strictObject({ type: z.literal("signal"), signal: Signal }),
    Read,
    z.strictObject({ type: z.literal("detach") }),
  ])
  .openapi("ExecControl");
export type ExecControl = z.infer<typeof ExecControl>;

/** The last message of a server: the output is over. */
export const StreamEnded = z
  .object({
    type: z.literal("ended"),
    exitCode: z.number().int().nullable().describe("null: the process goes on, only its output is over"),
    termination: orNull(Termination),
  })
  .openapi("StreamEnded");
export type StreamEnded = z.infer<typeof StreamEnded>;

/** The last message of an exec's server. */
export const ExecEnded = z
  .object({
    type: z.literal("ended"),
    exitCode: z.number().int().nullable().describe("null: it was killed at its time limit"),
    timedOut: z.boolean(),
    durationMs: z.number(),
    ...ExecAccount,
  })
  .openapi("ExecEnded");
export type ExecEnded = z.infer<typeof ExecEnded>;

/** Values that no query string can say otherwise come as JSON in it. */
function inJson<T extends z.ZodType>(schema: T, description: string) {
  return z
    .string()
    .transform((text, issues): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        issues.addIssue({ code: "custom", message: "must be JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema)
    .openapi({ type: "string", description });
}
const Bool = z.enum(["true", "false"]).optional();
const Window = decimal(z.number().int().min(65_536).max(1_073_741_824).optional()).describe(
  "Flow control: at most so many bytes each way that the other side has not said it took",
);

/** An attach as the query of a WebSocket. */
export const AttachStream = z.object({
  backlog: Bool.describe("Begin with what it printed before; default false"),
  start: Bool.describe(
    "It does not run: start it once its streams are attached, so that they are those of the new run from its first byte; default false",
  ),
  window: Window,
});
export type AttachStream = z.infer<typeof AttachStream>;

/** An exec as the query of a WebSocket. */
export const ExecStream = z.object({
  command: inJson(Exec.shape.command, 'A JSON array, as ["sh","-c","ls"]'),
  env: inJson(Env, 'A JSON object, as {"LANG":"C"}').optional(),
  tty: Bool.describe("Give it a terminal; default false"),
  stdin: Bool.describe("Give it standard input; default false"),
  workingDir: Exec.shape.workingDir,
  user: Exec.shape.user,
  timeoutSeconds: decimal(z.number().min(0.1).max(604_800).optional()).describe(
    "Then it and all it started are killed; without it there is no limit",
  ),
  window: Window,
});
export type ExecStream = z.infer<typeof ExecStream>;

export const FilesWritten = z
  .object({
    entries: z.number().int().describe("Files, directories and links in the tar"),
    contentBytes: z.number().int().describe("Of all its files"),
  })
  .openapi("FilesWritten");
export type FilesWritten = z.infer<typeof FilesWritten>;
