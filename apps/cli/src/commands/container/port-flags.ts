import type { Container, CreateContainer, PortRequest } from "@hafen/sdk";
import { UsageError } from "../../failures.ts";
import { many, on, type Values } from "../../flags.ts";

/** What was given to -p: the address on a host's own network that docker would bind has no meaning here. */
export interface Published {
  port: number;
  /** The host's side, as it was written. */
  asked: string | undefined;
}

export const PORT_FLAGS = {
  publish: many("PORT", ["p", "Give this port an address; of 8080:80 the 80 counts"], publishedOf),
  publishAll: on("P", "Docker's word for what is done anyway: each port that the image exposes has an address"),
  expose: many("PORT", ["Give this port an address, as -p does"], portOf),
  public: many("PORT", ["Give this port an address that is open to everybody"], portOf),
};

/** 80 or 80/tcp. */
export function portOf(text: string): number {
  const [, digits, protocol = "tcp"] = /^(\d{1,5})(?:\/(.+))?$/.exec(text) ?? [];
  const port = Number(digits);
  if (protocol !== "tcp") throw new UsageError(`only tcp ports can be reached, not ${protocol}`);
  if (!(port >= 1 && port <= 65_535)) throw new UsageError("a port such as 80 or 80/tcp");
  return port;
}

/** [[ADDRESS:]PORT:]PORT, as docker's. */
function publishedOf(text: string): Published {
  const at = text.lastIndexOf(":");
  return { port: portOf(text.slice(at + 1)), asked: at < 0 ? undefined : text.slice(0, at) };
}

export function portRequests(flags: Values<typeof PORT_FLAGS>): Pick<CreateContainer, "ports"> {
  const open = new Set(flags.public);
  const all = new Set([...flags.publish.map(({ port }) => port), ...flags.expose, ...open]);
  const ports = [...all].map((container): PortRequest => ({
    container,
    ...(open.has(container) ? { public: true } : {}),
  }));
  return ports.length > 0 ? { ports } : {};
}

/** To a hand that wrote `-p 8080:80`: where the port is instead, and how it gets to where it was wanted. */
export function publishNotes({ name, ports }: Container, published: Published[]): string[] {
  return published.flatMap(({ port, asked }) => {
    const url = ports.find(({ container }) => container === port)?.url;
    if (asked === undefined || url === undefined) return [];
    const local = asked.split(":").at(-1) || String(port);
    return [
      `port ${port} of ${name} is reached at ${url}; on 127.0.0.1:${local} with: hafen port-forward ${name} ${local}:${port}`,
    ];
  });
}
