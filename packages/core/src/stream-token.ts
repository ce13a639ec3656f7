import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** What the api may ask of a worker's private listener. */
export const STREAM_ACTIONS = [
  "logs",
  "exec",
  "exec.open",
  "signal",
  "attach",
  "connect",
  "files.read",
  "files.write",
  "size",
  "usage",
  "volume.prune",
  "image.export",
  "top",
  "stats",
  "changes",
  "export",
  "isolation",
  "check",
] as const;
export type StreamAction = (typeof STREAM_ACTIONS)[number];

export interface StreamGrant {
  action: StreamAction;
  /** The id of what it is done with: a container, a volume, a user. */
  subject: string;
  hostId: string;
  /** Makes each token another one, so that a worker takes it once. */
  nonce: string;
  /** Milliseconds of the Unix epoch. */
  expiresAtMs: number;
}

/** Long enough for one connect, short enough that a leaked one is of no use. */
const LIFETIME_MS = 10_000;

/** A token for one action on one thing of one host, good for 10 s and one use. */
export function signGrant(
  secret: string,
  grant: Pick<StreamGrant, "action" | "subject" | "hostId">,
  nowMs: number,
): string {
  const full: StreamGrant = {
    ...grant,
    nonce: randomBytes(12).toString("base64url"),
    expiresAtMs: nowMs + LIFETIME_MS,
  };
  const payload = Buffer.from(JSON.stringify(full)).toString("base64url");
  return `${payload}.${mac(secret, payload)}`;
}

/** The grant inside a token that is genuine and has not expired; whether it was used before is the listener's to know. */
export function verifyGrant(secret: string, token: string, nowMs: number): StreamGrant | undefined {
  const [payload, signature, ...rest] = token.split(".");
  if (payload === undefined || signature === undefined || rest.length > 0) return undefined;
  const expected = Buffer.from(mac(secret, payload));
  const given = Buffer.from(signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
  const grant = JSON.parse(Buffer.from(payload, "base64url").toString()) as StreamGrant;
  return grant.expiresAtMs > nowMs ? grant : undefined;
}

function mac(secret: string, payload: string): string {
  return createHmac("sha256", secret).update(payload).digest("base64url");
}
