import { CHANNELS, STREAM_BUFFER_BYTES, STREAM_STALL_MS, type StreamEnded } from "@hafen/contract";
import { eachMessage, pacedSend, StalledError } from "@hafen/process";
import type { WebSocket } from "ws";

/** What a worker may say when it closes that a client can use; anything else is the host's failure. */
const PASSED_ON = [1008, 1012, 1013];

/**
 * Carries frames between a client and a worker, each way at the reader's pace. `ended` completes the worker's last message.
 * A client that stalls is left, so that the process it watches is not held up.
 */
export function relay(
  client: WebSocket,
  worker: WebSocket,
  ended: (exitCode: number | null) => Promise<StreamEnded>,
): void {
  const toClient = pacedSend(client, { bufferBytes: STREAM_BUFFER_BYTES, stallMs: STREAM_STALL_MS });
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
      over = true;
      const { exitCode } = JSON.parse(frame.subarray(1).toString()) as StreamEnded;
      await toClient(Buffer.concat([Buffer.of(CHANNELS.control), Buffer.from(JSON.stringify(await ended(exitCode)))]));
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
