import { isId, ProblemError, type DeclaredPort } from "@hafen/contract";
import { containerById, findContainer, findLiveLink, type ContainerRow, type Db } from "@hafen/db";
import { authenticate } from "../user/authenticate.ts";
import { hashLinkToken, isLinkToken } from "./new-token.ts";

/** Of one request; more are not looked up. */
const MAX_TOKENS = 8;

/** What a request to a port's address brought. */
export interface PortRequester {
  /** As the host name says it: an id without its prefix, or for a key's owner a name. */
  container: string;
  port: number;
  apiKey: string | undefined;
  /** Of links; a browser may hold some that are over. */
  tokens: readonly string[];
}

export interface Admission {
  container: ContainerRow;
  by: { kind: "public" } | { kind: "key" | "link"; id: string; expiresAt: Date | null };
}

/**
 * Who may reach a port: everybody a public one, its owner with a key that may write, whoever has a link to it.
 * Without a valid key or link every other address is refused alike, and with a key what is not the owner's is not there.
 */
export async function admitToPort(db: Db, requester: PortRequester): Promise<Admission> {
  const { apiKey } = requester;
  const id = idOf(requester.container);
  // Sent together: this stands before every request to a port.
  const [named, holder] = await Promise.all([
    id === undefined ? undefined : containerById(db, id),
    apiKey === undefined ? undefined : authenticate(db, apiKey),
  ]);
  const container = named?.state === "removed" ? undefined : named;
  if (container && declared(container, requester.port)?.public) return { container, by: { kind: "public" } };
  if (apiKey !== undefined) return byKey(db, requester, holder, container);
  const linked = await byLink(db, requester);
  if (linked) return linked;
  throw new ProblemError(
    "port_private",
    "Open a link to this port that is neither revoked nor over, or send a key of the container's owner as X-Hafen-Key.",
  );
}

async function byKey(
  db: Db,
  requester: PortRequester,
  holder: Awaited<ReturnType<typeof authenticate>>,
  named: ContainerRow | undefined,
): Promise<Admission> {
  if (!holder) throw new ProblemError("unauthenticated", "The key is unknown, revoked or expired.");
  const { user, key } = holder;
  // What goes over a port may change anything in the container, as an exec may.
  if (!key.scopes.includes("write"))
    throw new ProblemError(
      "scope_missing",
      `This needs a key with the scope write; yours has ${key.scopes.join(", ")}.`,
    );
  const row = named?.userId === user.id ? named : await findContainer(db, user.id, requester.container);
  if (!row || !declared(row, requester.port))
    throw new ProblemError(
      "port_not_found",
      "You have no container that declares this port. hafen port shows those it declares; hafen port-forward reaches every other.",
    );
  return { container: row, by: { kind: "key", id: key.id, expiresAt: key.expiresAt } };
}

async function byLink(db: Db, { container, port, tokens }: PortRequester): Promise<Admission | undefined> {
  const hashes = [...new Set(tokens.filter(isLinkToken))].slice(0, MAX_TOKENS).map(hashLinkToken);
  const containerId = idOf(container);
  if (hashes.length === 0 || containerId === undefined) return undefined;
  const found = await findLiveLink(db, { hashes, containerId, port });
  if (!found) return undefined;
  // A port that is no longer declared has no address, whoever asks.
  if (!declared(found.container, port)) return undefined;
  return { container: found.container, by: { kind: "link", id: found.link.id, expiresAt: found.link.expiresAt } };
}

function declared({ ports }: ContainerRow, port: number): DeclaredPort | undefined {
  return ports.find(({ container }) => container === port);
}

/** Host names know no case. */
function idOf(container: string): string | undefined {
  const id = `ctr_${container.toLowerCase()}`;
  return isId("container", id) ? id : undefined;
}
