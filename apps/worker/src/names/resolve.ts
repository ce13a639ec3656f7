import dns, { type Answer, type DecodedPacket, type Question } from "dns-packet";
import { filterAnswer, typeOf } from "./answer.ts";
import { matchingRules } from "./match.ts";
import type { Asker, Opening } from "./protocol.ts";

const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
type Rcode = keyof typeof RCODES;
/** Whoever resolves a name connects a moment later, and some keep the address longer than its TTL. */
const LEAST_OPEN_SECONDS = 60;
const NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i;

export interface Resolving {
  ask(question: Question): Promise<DecodedPacket>;
  isClosed(address: string): boolean;
  /** Resolves once the firewall lets the container through; false: it does not. */
  open(id: string, openings: Opening[]): Promise<boolean>;
  learned(id: string, name: string, addresses: string[]): void;
  refused(id: string, name: string): void;
}

/** A container's query and what it gets; undefined: it is no query, and gets nothing. */
export async function resolve(way: Resolving, asker: Asker | undefined, message: Buffer): Promise<Buffer | undefined> {
  const query = decode(message);
  const [question, ...more] = query?.questions ?? [];
  if (!query || query.flag_qr || !question || more.length > 0) return undefined;
  const answer = (rcode: Rcode, answers: Answer[] = []) => encode(query, question, rcode, answers);
  if (!asker) return answer("REFUSED");

  const rules = asker.policy === "allow-list" ? matchingRules(asker.names, question.name) : [];
  const type = NAME.test(question.name) && question.class === "IN" ? typeOf(question.type) : "refuse";
  const mayAsk = asker.policy === "internet" || rules.length > 0;
  if (!mayAsk || type === "refuse" || isReverseOf(question.name, way.isClosed)) {
    way.refused(asker.id, printable(question.name));
    return answer("REFUSED");
  }
  if (type === "empty") return answer("NOERROR");

  const said = await way.ask({ name: question.name, type: question.type, class: "IN" }).catch(() => undefined);
  const rcode = said && rcodeOf(said);
  if (!said || !rcode) return answer("SERVFAIL");
  const { records, addresses, ttlSeconds } = filterAnswer(question, said.answers ?? [], way.isClosed);
  if (addresses.length > 0) {
    const openFor = Math.max(ttlSeconds, LEAST_OPEN_SECONDS);
    const openings = addresses.flatMap((address) => rules.map(({ port }) => ({ address, port, ttlSeconds: openFor })));
    if (openings.length > 0 && !(await way.open(asker.id, openings))) return answer("SERVFAIL");
    way.learned(asker.id, question.name.toLowerCase(), addresses);
  }
  return answer(rcode, records);
}

/** A name is whatever bytes a container sends. */
function printable(name: string): string {
  return name
    .toLowerCase()
    .slice(0, 253)
    .replaceAll(/[^a-z0-9._-]/g, "?");
}

/** Of an address that is closed nobody learns the name. */
function isReverseOf(name: string, isClosed: (address: string) => boolean): boolean {
  const [, digits] = /^((?:\d{1,3}\.){4})in-addr\.arpa$/i.exec(name) ?? [];
  if (digits === undefined) return false;
  return isClosed(digits.split(".").slice(0, 4).toReversed().join("."));
}

function decode(message: Buffer): DecodedPacket | undefined {
  try {
    return dns.decode(message);
  } catch {
    return undefined;
  }
}

function rcodeOf(packet: DecodedPacket): Rcode | undefined {
  const code = (packet.flags ?? 0) & 0xf;
  return code === RCODES.NOERROR ? "NOERROR" : code === RCODES.NXDOMAIN ? "NXDOMAIN" : undefined;
}

function encode(query: DecodedPacket, question: Question, rcode: Rcode, answers: Answer[]): Buffer {
  const asked = (query.flags ?? 0) & dns.RECURSION_DESIRED;
  const flags = asked | dns.RECURSION_AVAILABLE | RCODES[rcode];
  return dns.encode({ type: "response", id: query.id ?? 0, flags, questions: [question], answers });
}

/** As much of an answer as fits into a UDP packet: none, and the word that TCP has it. */
export function shorten(answer: Buffer, maxBytes: number): Buffer {
  if (answer.length <= maxBytes) return answer;
  const { id = 0, flags = 0, questions = [] } = dns.decode(answer);
  return dns.encode({ type: "response", id, flags: flags | dns.TRUNCATED_RESPONSE, questions });
}
