import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import dns, { type DecodedPacket, type Question } from "dns-packet";
import { Frames, frame } from "./frames.ts";

const TIMEOUT_MS = 2_000;
const ROUNDS = 2;
const MAX_ANSWER_BYTES = 65_535;

/** Asks the servers in turn until one answers. Each question has a port and an id of its own, so that nobody else can answer it. */
export async function askUpstream(upstreams: readonly string[], question: Question): Promise<DecodedPacket> {
  let cause: unknown = new Error("no upstream resolver is set");
  for (let round = 0; round < ROUNDS; round++) {
    for (const server of upstreams) {
      try {
        const short = await ask(overUdp, server, question);
        return short.flag_tc ? await ask(overTcp, server, question) : short;
      } catch (error) {
        cause = error;
      }
    }
  }
  throw cause;
}

type Way = (
  server: string,
  query: Buffer,
  isAnswer: (message: Buffer) => boolean,
  signal: AbortSignal,
) => Promise<Buffer>;

async function ask(way: Way, server: string, question: Question): Promise<DecodedPacket> {
  const id = randomInt(65_536);
  const query = dns.encode({ type: "query", id, flags: dns.RECURSION_DESIRED, questions: [question] });
  const isAnswer = (message: Buffer) => answers(message, id, question);
  return dns.decode(await way(server, query, isAnswer, AbortSignal.timeout(TIMEOUT_MS)));
}

function answers(message: Buffer, id: number, question: Question): boolean {
  try {
    const { flag_qr: isAnswer, id: theirs, questions } = dns.decode(message);
    const [asked] = questions ?? [];
    return (
      isAnswer &&
      theirs === id &&
      asked?.type === question.type &&
      asked.name.toLowerCase() === question.name.toLowerCase()
    );
  } catch {
    return false;
  }
}

const overUdp: Way = async (server, query, isAnswer, signal) => {
  const socket = createSocket("udp4");
  try {
    socket.connect(53, server);
    await once(socket, "connect", { signal });
    socket.send(query);
    for (;;) {
      const [message] = (await once(socket, "message", { signal })) as [Buffer];
      if (isAnswer(message)) return message;
    }
  } finally {
    socket.close();
  }
};

const overTcp: Way = async (server, query, isAnswer, signal) => {
  const socket = connect({ host: server, port: 53, signal });
  const frames = new Frames(MAX_ANSWER_BYTES);
  try {
    socket.write(frame(query));
    for await (const chunk of socket) {
      const found = frames.take(chunk as Buffer).find(isAnswer);
      if (found) return found;
    }
    throw new Error(`${server} hung up`);
  } finally {
    socket.destroy();
  }
};
