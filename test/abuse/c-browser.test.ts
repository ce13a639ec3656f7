import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before } from "node:test";
import type { Container } from "@hafen/sdk";
import { WebSocket } from "ws";
import { ask } from "../api/ask.ts";
import { askPort } from "../api/ask-port.ts";
import { raw } from "../api/raw.ts";
import { openCli } from "../cli/hafen.ts";
import { abuse, eventually, startWorld, type World } from "../support/index.ts";

const [LISTED, FOREIGN] = ["https://app.example.com", "https://evil.example.com"];
/** Answers every request with what it was asked, a cookie for all of the domain, and a page. */
const SERVER = String.raw`cat >/serve <<'END'
#!/bin/sh
read -r asked
while read -r line; do [ "$line" = "$(printf '\r')" ] && break; done
echo "$asked" >>/asked
printf 'HTTP/1.1 200 OK\r\nConnection: close\r\nSet-Cookie: evil=1; Domain=localhost; Path=/\r\nSet-Cookie: hafen_link=x\r\n\r\n'
echo "WHO"
END
chmod +x /serve; exec nc -ll -p 80 -e /serve`;

let world: World;
let [one, other]: Awaited<ReturnType<World["user"]>>[] = [];
let [mine, theirs]: Container[] = [];
before(async () => {
  world = await startWorld({ env: { HAFEN_CORS_ORIGINS: LISTED } });
  [one, other] = [await world.user("one"), await world.user("other")];
  [mine, theirs] = await Promise.all([serving(one, "mine"), serving(other, "theirs")]);
});
after(() => world[Symbol.asyncDispose]());

type User = Awaited<ReturnType<World["user"]>>;
async function serving(user: User, name: string): Promise<Container> {
  const command = ["sh", "-c", SERVER.replace("WHO", name)];
  const asked = { image: "busybox", name, command, ports: [{ container: 80 }] };
  const made = await user.containers.create(asked, { waitSeconds: 60 });
  await eventually(`${name} answers`, async () => (await visit(made, user)).status === 200);
  return made;
}
const urlOf = (container: Container | undefined) => container?.ports[0]?.url ?? "";
const visit = (container: Container, user: User, headers: Record<string, string> = {}) =>
  askPort(urlOf(container), { headers: { "x-hafen-key": user.apiKey, ...headers } });
const keyOf = (user: User | undefined) => user?.apiKey ?? "";

abuse("C1", "requests from pages of another origin: JSON, forms and plain text, with cookies", async () => {
  const body = '{"name":"planted"}';
  for (const origin of [FOREIGN, "null", `${LISTED}.evil.example`, LISTED.replace("https", "http")]) {
    for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const headers = { origin, "content-type": type, cookie: `hafen_link=${keyOf(one)}; session=${keyOf(one)}` };
      const answer = await ask(world.url, "POST", "/v1/volumes", { body, headers });
      assert.equal(answer.status, 401, `${origin} ${type}`);
      assert.equal(answer.headers.get("access-control-allow-origin"), null);
      if (type === "application/json") continue;
      assert.equal((await ask(world.url, "POST", "/v1/volumes", { key: keyOf(one), body, headers })).status, 415);
    }
    const preflight = await ask(world.url, "OPTIONS", "/v1/volumes", {
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
    });
    for (const name of preflight.headers.keys()) assert.ok(!name.startsWith("access-control"), `${origin}: ${name}`);
    assert.match(preflight.headers.get("vary") ?? "", /Origin/);
  }
  const shared = await ask(world.url, "GET", "/v1/volumes", { key: keyOf(one), headers: { origin: LISTED } });
  assert.equal(shared.headers.get("access-control-allow-origin"), LISTED);
  assert.deepEqual([shared.headers.get("access-control-allow-credentials"), shared.body["items"]], [null, []]);
  return "no answer could be read and nothing was made; only the page of the listed origin is told that it may, and never with cookies";
});

abuse(
  "C2",
  "WebSockets from pages of another origin, with a link to another container, and after the key's end",
  async () => {
    const path = `/v1/containers/mine/exec?command=${encodeURIComponent('["sleep","1000"]')}`;
    const open = async (headers: Record<string, string>, url = `${world.url.replace("http", "ws")}${path}`) => {
      const socket = new WebSocket(url, { headers });
      const opened = once(socket, "open").then(
        () => 101,
        () => 0,
      );
      const refused = once(socket, "unexpected-response").then(
        ([, answer]) => (answer as { statusCode: number }).statusCode,
      );
      const status = await Promise.race([opened, refused]);
      return { socket, status };
    };
    const { apiKey, id } = await (one as User).keys.create({ name: "short" }).then((made) => ({ ...made }));
    const authorization = `Bearer ${apiKey}`;
    for (const origin of [FOREIGN, "null", "https://127.0.0.1", `${world.url}.evil.example`, "nonsense"])
      assert.equal((await open({ authorization, origin })).status, 403, origin);
    const allowed = [
      await open({ authorization }),
      await open({ authorization, origin: LISTED }),
      await open({ authorization, origin: world.url }),
    ];
    for (const { status } of allowed) assert.equal(status, 101);
    const link = await (one as User).links.create("mine", 80);
    const atTheirs = `${urlOf(theirs).replace("http", "ws")}/?hafen_link=${link.token}`;
    const { host } = new URL(urlOf(theirs));
    assert.equal((await open({ host }, atTheirs.replace(host, new URL(world.url).host))).status, 401);
    const closing = allowed.map(async ({ socket }) => ((await once(socket, "close")) as [number])[0]);
    await (one as User).keys.revoke(id);
    assert.deepEqual(await Promise.all(closing), [1008, 1008, 1008]);
    return "403 for each foreign origin, 401 for a link of another container, and 1008 for three open ones when their key was revoked";
  },
);

abuse(
  "C4",
  "a container sets cookies for all, is asked by another's host name, and gets a request in a request",
  async () => {
    const answer = await visit(mine as Container, one as User);
    const cookies = answer.headers["set-cookie"] ?? [];
    assert.deepEqual(cookies, ["evil=1; Path=/"]);
    const [host, theirHost] = [new URL(urlOf(mine)).host, new URL(urlOf(theirs)).host];
    assert.equal((await visit(mine as Container, one as User, { host: theirHost })).status, 404);
    const key = `X-Hafen-Key: ${keyOf(one)}`;
    const next = [`GET /smuggled HTTP/1.1`, `Host: ${theirHost}`, key, "Connection: close", "", ""];
    // Two requests on one connection are two, each with its own host and key.
    const both = await raw(world.url, [`GET /first HTTP/1.1`, `Host: ${host}`, key, "", ...next].join("\r\n"));
    assert.match(both.all, /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(both.all, /theirs/);
    for (const framing of [
      ["Content-Length: 6", "Transfer-Encoding: chunked"],
      ["Transfer-Encoding: xchunked"],
      ["Content-Length: 5", "Content-Length: 6"],
    ]) {
      const lines = [
        "POST /outer HTTP/1.1",
        `Host: ${host}`,
        key,
        ...framing,
        "Connection: close",
        "",
        "0",
        "",
        ...next,
      ];
      const { status, all } = await raw(world.url, lines.join("\r\n"));
      assert.deepEqual([status, all.match(/^HTTP\/1\.1/gm)?.length], [400, 1], framing.join());
    }
    for (const [user, name] of [
      [one, "mine"],
      [other, "theirs"],
    ] as const) {
      const { stdout } = await (user as User).containers.exec(name, { command: ["cat", "/asked"] });
      assert.doesNotMatch(stdout, /smuggled|outer/);
    }
    const api = await ask(world.url, "GET", "/docs");
    assert.match(api.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
    return "the cookie kept to its own host, the other's host name asked for the other's key, and nothing that was smuggled reached a container";
  },
);

abuse("C5", "control characters in names, labels, logs, file names and the output of builds", async () => {
  const evil = "\u001b[2J\u001b]0;owned\u0007\u009b2J\u202egnp.exe<script>alert(1)</script>";
  // But for lines, tabs and colours.
  const acts = (text: string) => /[^\P{Cc}\n\t]|\u202e/u.test(text.replaceAll(/\p{Cc}\[[\d;]*m/gu, ""));
  const user = one as User;
  await using hafen = await openCli({ url: world.url, apiKey: user.apiKey });
  for (const name of [evil, "a\u202eb", "a\nb"]) {
    assert.equal((await ask(world.url, "POST", "/v1/volumes", { key: user.apiKey, json: { name } })).status, 400);
    assert.equal(
      (await ask(world.url, "POST", "/v1/containers", { key: user.apiKey, json: { image: "busybox", name } })).status,
      400,
    );
  }
  const labels = { note: evil, [`k${evil.slice(0, 40)}`]: "v" };
  const command = ["sh", "-c", `touch "/tmp/$1"; echo "$1"; sleep 1000`, "sh", evil.replaceAll("/", "_")];
  const { id } = await user.containers.create({ image: "busybox", name: "evil", labels, command }, { waitSeconds: 60 });
  await user.volumes.create({ name: "evil", labels });
  for await (const { text } of user.containers.logs(id, { follow: true })) if (text.includes("owned")) break;
  const files = await hafen.directory("context", {
    Dockerfile: `FROM busybox\nRUN printf '\\033[2J\\033]0;owned\\007\\033[31mred\\n\\302\\2332J'\nRUN false\n`,
  });
  const runs = [
    ["ps", "-a", "--no-trunc"],
    ["ps", "--format", "{{.Labels}}"],
    ["ps", "--format", "json"],
    ["inspect", "evil"],
    ["inspect", "-f", "{{.Config.Labels}}", "evil"],
    ["inspect", "-f", "{{json .Config.Labels}}", "evil"],
    ["--json", "ps"],
    ["volume", "ls"],
    ["diff", "evil"],
    ["top", "evil"],
    ["events", "--since", "10m"],
    ["build", "--no-cache", files],
    ["rm", evil],
    ["logs", evil],
  ];
  for (const args of runs) {
    const { stdout, stderr } = await hafen(...args);
    assert.ok(stdout.length + stderr.length > 0, args[0]);
    assert.ok(!acts(stdout + stderr), `${args.join(" ")}: ${JSON.stringify(stdout + stderr)}`);
  }
  const { labels: kept } = await user.containers.get("evil");
  assert.deepEqual(kept, labels);
  assert.ok((await hafen("logs", "evil")).stdout.includes("\u001b[2J"));
  const page = await askPort(urlOf(mine), { path: `/?${encodeURIComponent(evil)}`, headers: { accept: "text/html" } });
  assert.ok(page.status === 401 && !page.text.includes("<script"));
  return "names are refused; elsewhere each is shown written out, a build's colours alone stay colours, and the API gives back what it was given";
});
