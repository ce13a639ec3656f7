// Runs inside a container: a server that shows what reached it, and behaves as servers do.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

let connections = 0;
const followers = new Set();

const routes = {
  async echo(request, response) {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of request) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    const { method, url, rawHeaders } = request;
    const { id } = request.socket;
    response.setHeader("set-cookie", ["a=1; Domain=localhost; Path=/", "hafen_link=mine"]);
    response.end(JSON.stringify({ method, url, rawHeaders, bytes, digest: hash.digest("hex"), connection: id }));
  },
  events(request, response) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: hello\n\n");
    followers.add(response);
    response.on("close", () => {
      followers.delete(response);
      console.log("follower left");
    });
  },
  tell(request, response) {
    for (const follower of followers) follower.write(`data: ${request.url.split("?")[1]}\n\n`);
    response.setHeader("content-length", "1");
    response.end(String(followers.size));
  },
  async take(request, response) {
    try {
      for await (const chunk of request) console.log(`taken ${chunk.length}`);
      response.end("whole");
    } catch {
      console.log("upload broken off");
    }
  },
  /** Never answers. */
  hang(request) {
    console.log("hanging");
    request.socket.on("close", () => console.log("hanging is over"));
  },
  cut(request, response) {
    response.writeHead(200, { "content-length": "1000" });
    response.write("half", () => request.socket.destroy());
  },
  early(request, response) {
    response.writeHead(413).end("too much");
  },
  leave(request) {
    request.socket.write("HTTP/1.1 101 Tea\r\nConnection: Upgrade\r\nUpgrade: tea\r\n\r\n");
  },
  both(request) {
    request.socket.end(
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    );
  },
  endless(request, response) {
    const chunk = Buffer.alloc(64 * 1024);
    let bytes = 0;
    const more = () => {
      while (response.write(chunk)) bytes += chunk.length;
      console.log(`written ${bytes}`);
    };
    response.on("drain", more);
    more();
  },
  /** Answers the first on a connection, and closes it on any other. */
  once({ socket }, response) {
    if (socket.isUsed) return socket.destroy();
    socket.isUsed = true;
    response.end("once");
  },
  /** Says keep-alive, and closes all the same. */
  last(request, response) {
    response.end("last", () => request.socket.destroy());
  },
};

const server = createServer((request, response) => {
  const name = request.url.split(/[/?]/)[1];
  Promise.resolve(routes[name in routes ? name : "echo"](request, response)).catch(() => response.destroy());
});
server.on("connection", (socket) => (socket.id = ++connections));
server.on("checkContinue", (request, response) => {
  if (request.headers["x-want"] === "no") return response.writeHead(417).end("not wanted");
  response.writeContinue();
  return routes.echo(request, response).catch(() => response.destroy());
});
const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  if (request.headers.upgrade === "tea") {
    socket.write("HTTP/1.1 101 Tea\r\nConnection: Upgrade\r\nUpgrade: tea\r\nX-Leaf: green\r\n\r\nfirst;");
    socket.write(head);
    return socket.pipe(socket);
  }
  if (request.url === "/refuse") return socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  return sockets.handleUpgrade(request, socket, head, (client) => {
    client.send(JSON.stringify(request.rawHeaders));
    client.on("message", (data, isBinary) => client.send(data, { binary: isBinary }));
    client.on("close", (code) => console.log(`socket closed ${code}`));
  });
});
server.listen(8080, () => console.log("ready"));
