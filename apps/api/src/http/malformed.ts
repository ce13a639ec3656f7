import type { Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { ProblemError, type ProblemCode } from "@hafen/contract";
import { REQUEST_HEAD_BYTES } from "@hafen/contract";
import type { Log } from "@hafen/process";
import { refuseOn } from "./refuse.ts";

const LATE = "ERR_HTTP_REQUEST_TIMEOUT";
const FOR_CODE: Record<string, [ProblemCode, string]> = {
  HPE_HEADER_OVERFLOW: ["head_too_large", `Send at most ${REQUEST_HEAD_BYTES / 1024} KiB of target and headers.`],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ["body_too_large", "The body's chunks have too many extensions."],
  [LATE]: ["request_stalled", "The request did not come in time. Send it again, faster."],
};

/** What does not come in time is told from what cannot be read. */
export function lateError(): Error {
  return Object.assign(new Error("the request did not come"), { code: LATE });
}

/** Answers what the parser refuses: with a problem as everything else where no answer has begun, else by the connection's end. */
export function answerMalformed(
  server: Server,
  { log, refused }: { log: Log; refused: (reason: string) => void },
): void {
  const answering = new WeakMap<Duplex, ServerResponse>();
  server.on("request", (request, response) => answering.set(request.socket, response));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const { code = "" } = error;
    const response = answering.get(socket);
    const hasBegun = response !== undefined && response.headersSent && !response.writableFinished;
    if (!socket.writable || hasBegun || code === "ECONNRESET" || code === "EPIPE") return void socket.destroy();
    const [problem, detail] = FOR_CODE[code] ?? ["invalid_request", "What came cannot be read as a request."];
    refused(problem);
    const requestId = refuseOn(socket, new ProblemError(problem, detail));
    log.info({ requestId, code, problem }, "refused a request that could not be read");
  });
}
