import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Run by itself, in the network of an engine: prints its port, then every request; asks for a login, and tells it back. */
const server = createServer((request, response) => {
  const { method, url, headers } = request;
  console.log(JSON.stringify({ method, url, headers }));
  request.resume();
  const shown = headers.authorization;
  const code = shown === undefined ? "UNAUTHORIZED" : "DENIED";
  const password = Buffer.from((shown ?? "").replace(/^Basic /, ""), "base64").toString();
  response.writeHead(shown === undefined ? 401 : 403, {
    "docker-distribution-api-version": "registry/2.0",
    "www-authenticate": 'Basic realm="fake"',
    "content-type": "application/json",
  });
  response.end(JSON.stringify({ errors: [{ code, message: `you have shown ${shown}, which is ${password}` }] }));
});
server.listen(0, "127.0.0.1", () => console.log(`port ${(server.address() as AddressInfo).port}`));
