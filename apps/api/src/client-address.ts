import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Context } from "hono";
import ipaddr from "ipaddr.js";
import proxyAddress from "proxy-addr";
import type { AppEnv } from "./deps.ts";

/** Whether a peer's `X-Forwarded-For` is believed. */
export type TrustedProxies = (address: string) => boolean;

/** Comma-separated addresses and CIDRs. @throws on one that is none. */
export function readTrustedProxies(list: string): TrustedProxies {
  const trusts = proxyAddress.compile(
    list
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== ""),
  );
  return (address) => trusts(address, 0);
}

/** Who a request comes from: the rightmost of `X-Forwarded-For` that no trusted proxy is, or the peer itself. */
export function addressOf(request: Pick<IncomingMessage, "headers" | "socket">, trusts: TrustedProxies): string {
  const peer = request.socket.remoteAddress ?? "";
  const said = peer === "" ? "" : proxyAddress(request as IncomingMessage, trusts);
  return plain(isIP(said) ? said : peer);
}

/** The client's address, for limits and the audit log; empty when it has already left. */
export function clientAddress(c: Context<AppEnv>): string {
  const { incoming } = c.env;
  return incoming ? addressOf(incoming, c.var.deps.trustedProxies) : "";
}

/** IPv4 as such also where IPv6 carries it. */
function plain(address: string): string {
  return isIP(address) ? ipaddr.process(address.replace(/%.*$/, "")).toString() : "";
}
