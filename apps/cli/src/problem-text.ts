import type { HafenError } from "@hafen/sdk";

/** What the service said, with the fields that are wrong. */
export function problemText({ code, detail, errors, requestId }: HafenError): string {
  const fields = errors?.map(({ pointer, detail: why }) => `${pointer}: ${why}`).join("; ");
  const tracked = code === "internal" && requestId !== undefined ? ` (request ${requestId})` : "";
  return `${detail}${fields ? ` (${fields})` : ""}${tracked}`;
}
