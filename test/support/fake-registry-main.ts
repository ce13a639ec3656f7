import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { ENDLESS } from "./endless-image.ts";

/** Run by itself, in the network of an engine: prints its port, then every request; asks for a login, and tells it back. Gives one image. */
const server = createServer((request, response) => {
  const { method, url, headers } = request;
  console.log(JSON.stringify({ method, url, headers }));
  request.resume();
  if (url?.startsWith(`/v2/${ENDLESS.repository}/`)) return give(url, response);
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
function give(url: string, response: ServerResponse): void {
  if (url.includes("/manifests/"))
    response
      .setHeader("content-type", "application/vnd.docker.distribution.manifest.v2+json")
      .setHeader("docker-content-digest", ENDLESS.digest)
      .end(ENDLESS.manifest);
  else if (url.endsWith(ENDLESS.configDigest)) response.end(ENDLESS.config);
  else
    Readable.from(endless())
      .on("error", () => {})
      .pipe(response);
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(64 * 1024);
}

server.listen(0, "127.0.0.1", () => console.log(`port ${(server.address() as AddressInfo).port}`));
