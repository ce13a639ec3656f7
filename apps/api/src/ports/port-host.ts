import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";

/** What a host name says of the port it stands for. */
export interface PortHost {
  /** May be none that exists. */
  port: number;
  /** A container's id without its prefix, or its owner's name for it. */
  container: string;
}

/** `<port>-<container>.<domain>`, whatever the port behind the colon; undefined for every other host: the api's own. */
export function portHostOf(host: string | undefined, domain: string): PortHost | undefined {
  const name = (host ?? "").replace(/:\d*$/, "").replace(/\.$/, "");
  if (!name.toLowerCase().endsWith(`.${domain}`)) return undefined;
  const [, port, container] = /^(\d+)-(.+)$/.exec(name.slice(0, -domain.length - 1)) ?? [];
  return container === undefined ? undefined : { port: Number(port), container };
}

type Asked = Pick<IncomingMessage, "headers"> & Partial<Pick<IncomingMessage, "socket">>;

/** The other way round, as seen from where a request came in: over the same protocol and on the same port. */
export function portUrls(domain: string, request: Asked): (containerId: string, port: number) => string {
  const protocol = protocolOf(request);
  const [, outside = ""] = /(:\d{1,5})$/.exec(request.headers.host ?? "") ?? [];
  return (containerId, port) => `${protocol}://${port}-${containerId.replace(/^ctr_/, "")}.${domain}${outside}`;
}

/** What the client speaks to us, or to the proxy in front of us that says so. */
export function protocolOf({ headers, socket }: Asked): "http" | "https" {
  if (socket instanceof TLSSocket) return "https";
  const [said = ""] = [headers["x-forwarded-proto"]].flat();
  return /^https\s*(,|$)/i.test(said) ? "https" : "http";
}
