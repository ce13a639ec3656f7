import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { DeclaredPort } from "@hafen/contract";
import { connectPort, type HostCtx } from "@hafen/core";
import { framed, tunnel } from "@hafen/process";
import type { SocketRequest } from "./upgrade.ts";

/** Connects to a port of the container; what is returned then joins the api's connection to it, in frames as `framed` makes them. */
export async function openConnect(
  ctx: HostCtx,
  { subject, url, signal }: SocketRequest,
): Promise<(api: Duplex, head: Buffer) => void> {
  const port = DeclaredPort.shape.container.parse(Number(url.searchParams.get("port")));
  const container = await connectPort(ctx, subject, port, signal);
  return (api, head) => {
    api.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: tcp\r\n\r\n");
    if (head.length > 0) api.unshift(head);
    tunnel(framed(api as Socket, { allowHalfOpen: true }), container);
  };
}
