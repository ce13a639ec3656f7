import type { IncomingMessage } from "node:http";

/** Of what a browser says of a request: the page it comes from is this very host's, or there is none. */
const OWN = ["same-origin", "none"];

/**
 * Whether a cookie speaks for who sends it: a page of another tenant's container is of the same site, so its requests carry it, too, to
 * act on a private port, or by a WebSocket to read from it. Whoever goes to the address is let in; what a page asks for must be its own.
 */
export function cookiesCount({ method, headers }: Pick<IncomingMessage, "method" | "headers">): boolean {
  const { origin, host, upgrade } = headers;
  const [mode, site] = [headers["sec-fetch-mode"], headers["sec-fetch-site"]];
  if (method === "GET" && mode === "navigate" && upgrade === undefined) return true;
  // Over plain HTTP, and of older browsers, the origin alone tells.
  if (site !== undefined) return OWN.includes(site);
  return origin === undefined || hostOf(origin) === host?.toLowerCase();
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
