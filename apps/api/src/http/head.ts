import type { IncomingMessage } from "node:http";
import { ProblemError } from "@hafen/contract";

/** Of names and values; the target has a limit of its own. */
export const HEADER_BYTES = 64 * 1024;
export const HEADERS = 200;
/** An exec by WebSocket has its command in the query, and the whole head for it. */
export const TARGET_BYTES = 16 * 1024;
const HOST = /^([\w.-]+|\[[\da-fA-F:.]+\])(:\d*)?$/;

/** What every request must be before anybody looks at it: what could be read in two ways is refused. */
export function checkHead({ headers, rawHeaders, url = "" }: IncomingMessage, { isPort }: { isPort: boolean }): void {
  if (rawHeaders.length / 2 > HEADERS) throw new ProblemError("head_too_large", `Send at most ${HEADERS} headers.`);
  if (rawHeaders.reduce((bytes, text) => bytes + text.length, 0) > HEADER_BYTES)
    throw new ProblemError("head_too_large", `Send at most ${HEADER_BYTES / 1024} KiB of headers.`);
  if (!isPort && headers.upgrade === undefined && url.length > TARGET_BYTES)
    throw new ProblemError("target_too_long", `Path and query may have ${TARGET_BYTES / 1024} KiB.`);
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host");
  // A host that names a port is looked up, whatever it is.
  if (hosts.length !== 1 || !(isPort || HOST.test(headers.host ?? "")))
    throw new ProblemError("invalid_request", "A request has one Host, as hafen.example.com:7070.");
  if (!/^\/[\x21-\x7e]*$/.test(url))
    throw new ProblemError(
      "invalid_request",
      "The request's target must be a path of ASCII characters, as /v1/me or /index.html.",
    );
}
