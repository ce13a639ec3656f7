import type { ServerResponse } from "node:http";
import { LINK_NAME, type Admission } from "@hafen/core";

/** A link's url was opened: its token goes into a cookie for this host, and out of the address bar. */
export function openLink(
  response: ServerResponse,
  { by }: Admission,
  { token, target, secure }: { token: string; target: string; secure: boolean },
): void {
  const cookie =
    by.kind === "link" && by.expiresAt !== null
      ? [`${LINK_NAME}=${token}`, "Path=/", "HttpOnly", "SameSite=Lax", `Expires=${by.expiresAt.toUTCString()}`]
      : [];
  if (secure && cookie.length > 0) cookie.push("Secure");
  response.writeHead(303, {
    // Two slashes at its beginning would name another host.
    location: target.replace(/^\/(?=[/\\])/, "/./"),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    ...(cookie.length > 0 ? { "set-cookie": cookie.join("; ") } : {}),
  });
  response.end();
}
