import { ProblemError, type DeclaredPort, type PortRequest } from "@hafen/contract";

/** `EXPOSE 1-65535` is one line of a Dockerfile; nobody means to reach all of them. */
const MAX_EXPOSED = 64;

/**
 * The ports of a container: those that a request names, and then, private, the TCP ports its image exposes, lowest first.
 * @throws ProblemError when a port is named twice, since it cannot be both public and private.
 */
export function declaredPorts(requested: readonly PortRequest[], exposed: readonly string[]): DeclaredPort[] {
  const ports = new Map<number, DeclaredPort>();
  for (const [at, { container, public: open = false }] of requested.entries()) {
    if (ports.has(container)) {
      const detail = `the port ${container} is named twice`;
      throw new ProblemError("invalid_request", `/ports/${at}: ${detail}`, {
        errors: [{ pointer: `/ports/${at}`, detail }],
      });
    }
    ports.set(container, { container, protocol: "tcp", public: open });
  }
  for (const container of exposedTcp(exposed)) {
    if (!ports.has(container)) ports.set(container, { container, protocol: "tcp", public: false });
  }
  return [...ports.values()];
}

/** An image says `80/tcp`, or `80` for the same; what it says is somebody's text. */
function exposedTcp(exposed: readonly string[]): number[] {
  const numbers = exposed.flatMap((text) => {
    const [, digits] = /^(\d{1,5})(?:\/tcp)?$/i.exec(text) ?? [];
    const number = Number(digits);
    return number >= 1 && number <= 65_535 ? [number] : [];
  });
  return [...new Set(numbers)].toSorted((a, b) => a - b).slice(0, MAX_EXPOSED);
}
