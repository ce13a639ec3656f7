import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

export interface RawAnswer {
  /** Of the first answer; 0: there was none. */
  status: number;
  headers: Headers;
  text: string;
  /** As it came: there may be several answers. */
  all: string;
}

/** What comes back for bytes as they are, until the service closes the connection. */
export async function raw(base: string, bytes: string): Promise<RawAnswer> {
  const socket = connect(Number(new URL(base).port), "127.0.0.1");
  await once(socket, "connect");
  socket.write(bytes, "latin1");
  const all = await text(socket);
  const [head = "", ...body] = all.split("\r\n\r\n");
  const [status = "", ...lines] = head.split("\r\n");
  const pairs = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1)];
  });
  return { status: Number(status.split(" ")[1] ?? 0), headers: new Headers(pairs), text: body.join("\r\n\r\n"), all };
}
