import { CHANNELS, STREAM_BUFFER_BYTES } from "@hafen/contract";
import { eachMessage, pacedSend, StalledError } from "@hafen/process";
import type { WebSocket } from "ws";

/** What a worker may say when it closes that a client can use; anything else is the host's failure. */
const PASSED_ON = [1000, 1008, 1012, 1013];

export interface RelayOptions {
  /** A client that reads nothing for so long is left, so that the process it watches is not held up; without it it may. */
  stallMs?: number;
  /** Completes the worker's last message. */
  ended?: (last: { exitCode: number | null }) => Promise<object>;
}

/** Carries frames between a client and a worker, each way at the reader's pace. */
export function relay(client: WebSocket, worker: WebSocket, { stallMs, ended }: RelayOptions): void {
  const limits = { bufferBytes: STREAM_BUFFER_BYTES, ...(stallMs !== undefined && { stallMs }) };
  const toClient = pacedSend(client, limits);
  const toWorker = pacedSend(worker, { bufferBytes: STREAM_BUFFER_BYTES });
  let over = false;
  const end = (code: number, reason: string) => {
    client.close(code, reason);
    worker.terminate();
  };

  eachMessage(
    client,
    async (frame, isBinary) => {
      if (!isBinary) return end(1003, "messages are binary");
      await toWorker(frame);
    },
    () => end(1011, "the host failed"),
  );
  eachMessage(
    worker,
    async (frame) => {
      if (frame[0] !== CHANNELS.control) return toClient(frame);
      const message = JSON.parse(frame.subarray(1).toString()) as { type: string; exitCode: number | null };
      if (message.type !== "ended") return toClient(frame);
      over = true;
      const last = ended ? Buffer.from(JSON.stringify(await ended(message))) : frame.subarray(1);
      await toClient(Buffer.concat([Buffer.of(CHANNELS.control), last]));
      end(1000, "");
    },
    (error) => (error instanceof StalledError ? end(1013, error.message) : end(1011, "the host failed")),
  );
  client.on("close", () => worker.terminate());
  worker.on("close", (code, reason) => {
    if (!over)
      end(PASSED_ON.includes(code) ? code : 1011, PASSED_ON.includes(code) ? reason.toString() : "the host failed");
  });
  worker.resume();
}
