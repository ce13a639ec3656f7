import { test } from "node:test";
import { startWorld } from "../support/index.ts";
import { importNode } from "../support/node-image.ts";
import { request } from "node:http";
test("scratch", async () => {
  await using world = await startWorld();
  const t = performance.now();
  await importNode(world.admin);
  console.log("import", performance.now() - t);
  const user = await world.user();
  const c = await user.containers.create(
    {
      image: "node",
      command: [
        "/bin/node",
        "-e",
        "require('http').createServer((q,r)=>{console.log(q.method,q.url,q.rawHeaders.join('|'));r.end('hello '+q.url)}).listen(80)",
      ],
      ports: [{ container: 80 }],
    },
    { waitSeconds: 60 },
  );
  console.log(c.state, c.ports, c.termination);
  const port = new URL(world.url).port;
  for (let i = 0; i < 3; i++) {
    const t0 = performance.now();
    await new Promise<void>((resolve) => {
      const q = request(
        {
          host: "127.0.0.1",
          port,
          path: "/x?a=1",
          headers: { host: new URL(c.ports[0]!.url).host, "x-hafen-key": user.apiKey },
        },
        async (r) => {
          console.log(r.statusCode, r.headers, Buffer.concat(await Array.fromAsync(r)).toString());
          resolve();
        },
      );
      q.end();
    });
    console.log(performance.now() - t0);
  }
  for await (const l of user.containers.logs(c.id)) console.log(l.text);
  const conn = await user.containers.connect(c.id, 80);
  await conn.write("GET /raw HTTP/1.0\r\n\r\n");
  for await (const d of conn.output) console.log(Buffer.from(d).toString());
  conn.close();
  console.log(world.api.output().slice(-1500));
  console.log(world.worker.output().slice(-1500));
});
