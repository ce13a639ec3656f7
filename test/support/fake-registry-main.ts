import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { ENDLESS } from "./endless-image.ts";

/**
 * Run by itself, in the network of an engine: prints its port, then every request; asks for a login, and tells it back. Gives one image
 * without end, and fails for the names below `faulty/` as they say.
 */
const server = createServer((request, response) => {
  const { method, url, headers } = request;
  console.log(JSON.stringify({ method, url, headers }));
  request.resume();
  if (url?.startsWith(`/v2/${ENDLESS.repository}/`)) return give(url, response);
  const fault = /^\/v2\/faulty\/(\w+)\//.exec(url ?? "")?.[1];
  if (fault !== undefined) return fail(fault, url ?? "", response);
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

function fail(fault: string, url: string, response: ServerResponse): void {
  if (fault === "limited") {
    const error = { code: "TOOMANYREQUESTS", message: "you have pulled too much" };
    response.writeHead(429, { "content-type": "application/json" }).end(JSON.stringify({ errors: [error] }));
  } else if (fault === "down") response.writeHead(503).end("<html>maintenance</html>");
  // Another manifest than the one its digest names.
  else if (fault === "swapped" && url.includes("/manifests/sha256:"))
    response
      .setHeader("content-type", "application/vnd.docker.distribution.manifest.v2+json")
      .end(ENDLESS.manifest.replace('"size":1', '"size":2'));
  // A layer whose bytes are not those that its digest names.
  else if (fault === "corrupt" && url.includes("/blobs/") && !url.endsWith(ENDLESS.configDigest))
    response.end(gzipSync("not that layer"));
  else give(url, response);
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(64 * 1024);
}

server.listen(0, "127.0.0.1", () => console.log(`port ${(server.address() as AddressInfo).port}`));
