/** What the worker and its resolver, a process in the engine's network namespace, say to each other. */

export interface ResolverSettings {
  /** Where containers reach it, on UDP and TCP 53. */
  address: string;
  /** IPv4 servers that it asks in turn. */
  upstreams: string[];
  /** CIDRs that no answer may lead to. */
  closed: string[];
}

export interface NameRule {
  name: string;
  /** Every name below it, and not itself. */
  wildcard: boolean;
  /** Undefined: every port. */
  port: number | undefined;
}

/** A container that may ask, known by its hardware address. */
export interface Asker {
  mac: string;
  id: string;
  policy: "none" | "allow-list" | "internet";
  names: NameRule[];
}

export interface Opening {
  address: string;
  port: number | undefined;
  ttlSeconds: number;
}

export type ToResolver =
  /** All of them: whoever is not among them is refused. */
  | { type: "askers"; askers: Asker[] }
  | { type: "asker"; asker: Asker }
  | { type: "gone"; mac: string }
  /** Whether what `open` asked for is in force. */
  | { type: "opened"; call: number; done: boolean };

export type FromResolver =
  | { type: "listening" }
  /** The answer waits until the firewall lets the container reach these. */
  | { type: "open"; call: number; id: string; openings: Opening[] }
  | { type: "learned"; id: string; name: string; addresses: string[] }
  /** An empty name: more was asked than a container may ask. */
  | { type: "refused"; id: string; name: string };
