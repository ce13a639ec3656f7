import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { rename } from "node:fs/promises";
import { request, type RequestOptions } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { eventually, startWorld, type World } from "../support/index.ts";

const home = mkdtempSync(join(tmpdir(), "hafen-tls-"));
const files = { HAFEN_TLS_CERT_FILE: join(home, "cert.pem"), HAFEN_TLS_KEY_FILE: join(home, "key.pem") };

/** A pair for the api's name and those of ports, beside the files in use. */
function newPair(serial: number): { cert: string; key: string } {
  const [cert, key] = [join(home, `cert-${serial}.pem`), join(home, `key-${serial}.pem`)];
  const names = "subjectAltName=DNS:localhost,DNS:*.ports.example.com,IP:127.0.0.1";
  execFileSync(
    "openssl",
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=hafen -set_serial ${serial}`
      .split(" ")
      .concat("-addext", names, "-keyout", key, "-out", cert),
    { stdio: "ignore" },
  );
  return { cert, key };
}

describe("with a certificate of its own", () => {
  let world: World;
  let port: number;
  let ca: Buffer;
  before(async () => {
    const first = newPair(1);
    ca = readFileSync(first.cert);
    await rename(first.cert, files.HAFEN_TLS_CERT_FILE);
    await rename(first.key, files.HAFEN_TLS_KEY_FILE);
    world = await startWorld({ env: { ...files, HAFEN_PORTS_DOMAIN: "ports.example.com" }, worker: false });
    port = Number(new URL(world.url).port);
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    rmSync(home, { recursive: true });
  });

  async function ask(path: string, options: RequestOptions = {}) {
    const asked = request({ host: "127.0.0.1", port, path, ca, agent: false, ...options }).end();
    const [answer] = (await once(asked, "response")) as [import("node:http").IncomingMessage];
    return { status: answer.statusCode, headers: answer.headers, text: await text(answer) };
  }

  test("the api and the addresses of ports speak HTTPS, and browsers are told to keep to it", async () => {
    const own = await ask("/v1/me", { headers: { authorization: `Bearer ${world.adminKey}` } });
    assert.deepEqual([own.status, own.headers["strict-transport-security"]], [200, "max-age=31536000"]);
    const ofPort = await ask("/", {
      servername: "80-web.ports.example.com",
      headers: { host: `80-web.ports.example.com:${port}` },
    });
    assert.deepEqual([ofPort.status, ofPort.headers["strict-transport-security"]], [401, "max-age=31536000"]);
  });

  test("plain HTTP gets nothing", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    const read: Buffer[] = [];
    socket.on("data", (data: Buffer) => read.push(data));
    await once(socket, "close");
    assert.doesNotMatch(Buffer.concat(read).toString("latin1"), /HTTP/);
  });

  test("renewed files are taken up without an open connection being dropped; a pair that does not fit is not", async () => {
    const open = connectTls({ port, host: "127.0.0.1", ca });
    await once(open, "secureConnect");
    const second = newPair(2);
    const authorities = [ca, readFileSync(second.cert)];
    const serial = async () => {
      const socket = connectTls({ port, host: "127.0.0.1", ca: authorities });
      await once(socket, "secureConnect");
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    await rename(second.cert, files.HAFEN_TLS_CERT_FILE);
    await eventually("the api has seen that the two do not fit", () => world.api.output().includes("are not usable"));
    assert.equal(await serial(), "01");
    await rename(second.key, files.HAFEN_TLS_KEY_FILE);
    await eventually("new connections get the new certificate", async () => (await serial()) === "02");
    open.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert.match(await text(open), /^HTTP\/1\.1 200 /);
  });
});
