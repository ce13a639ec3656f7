import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { answerMalformed } from "./malformed.ts";
import { dropSlowClients } from "./slow-clients.ts";
import { openLog } from "@hafen/process";

const STALL_MS = 200;

test("a body that stalls is 408; one of the patient kind may, and so may a client while we are the ones that do not read", async () => {
  const server = createServer({ connectionsCheckingInterval: STALL_MS / 4 });
  const reasons: string[] = [];
  const refused = (reason: string) => void reasons.push(reason);
  const held = Promise.withResolvers<void>();
  server.on("request", (request, response) => {
    const answer = async () => response.end(`${(await text(request)).length}`);
    const work = request.url === "/held" ? held.promise.then(answer) : answer();
    work.catch(() => {});
  });
  const patience = ({ url }: { url?: string | undefined }) => ({
    sendingMs: url === "/patient" ? 1_000 * STALL_MS : STALL_MS,
    readingMs: STALL_MS,
  });
  answerMalformed(server, { log: openLog("test", "silent"), refused });
  dropSlowClients(server, STALL_MS, { patience, refused });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const send = (path: string, bytes: number) => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n\r\n${"x".repeat(bytes)}`,
    );
    return { socket, answer: text(socket) };
  };
  const [patient, holding] = [send("/patient", 5), send("/held", 5)];
  for (let round = 0; round < 3; round++)
    assert.match(await send("/strict", 5).answer, /^HTTP\/1\.1 408 [^]*request_stalled/);
  patient.socket.write("x".repeat(5));
  holding.socket.write("x".repeat(5));
  held.resolve();
  for (const { answer } of [patient, holding]) assert.match(await answer, /^HTTP\/1\.1 200 /);
  assert.deepEqual(reasons, Array(3).fill("request_stalled"));
  server.close();
});
