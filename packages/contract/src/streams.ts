import { z } from "@hono/zod-openapi";
import { Termination } from "./containers.ts";

/** What goes over a container's streams: frames of an attach, and what an upload of files did. */

/** The first byte of each WebSocket message; the rest is its data. */
export const CHANNELS = { stdin: 0, stdout: 1, stderr: 2, control: 3 } as const;
/** A longer message closes the WebSocket with 1009. */
export const STREAM_MESSAGE_BYTES = 1024 * 1024;
/** A reader that leaves as much unread for `STREAM_STALL_MS` is dropped with 1013. */
export const STREAM_BUFFER_BYTES = 1024 * 1024;
export const STREAM_STALL_MS = 10_000;

const Cells = z.number().int().min(1).max(4096);
/** What a client sends on the control channel, as JSON. */
export const StreamControl = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("resize"), columns: Cells, rows: Cells }),
    z.strictObject({ type: z.literal("stdinEnd") }),
  ])
  .openapi("StreamControl");
export type StreamControl = z.infer<typeof StreamControl>;

/** The last message of a server: the output is over. */
export const StreamEnded = z
  .object({
    type: z.literal("ended"),
    exitCode: z.number().int().nullable().describe("null: the process goes on, only its output is over"),
    termination: Termination.nullable(),
  })
  .openapi("StreamEnded");
export type StreamEnded = z.infer<typeof StreamEnded>;

export const FilesWritten = z
  .object({
    entries: z.number().int().describe("Files, directories and links in the tar"),
    contentBytes: z.number().int().describe("Of all its files"),
  })
  .openapi("FilesWritten");
export type FilesWritten = z.infer<typeof FilesWritten>;
