import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import type { Container, CreateContainer, Hafen, Problem } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";
import { askPort, openPort, optionsFor, type PortQuestion } from "./ask-port.ts";

const WAIT = { waitSeconds: 60 };
/** Answers each connection's request, by a tunnel if it asks for one; asked to stay, it stays until it is cut. */
const SERVER = String.raw`cat >/serve <<'END'
#!/bin/sh
status='200 OK'
while read -r line; do
  line=$(printf %s "$line" | tr -d '\r')
  case "$line" in
    '') break;;
    GET*|POST*) asked=$line;;
    [Uu]pgrade:*) status='101 Yes\r\nConnection: Upgrade\r\nUpgrade: x';;
  esac
done
printf "HTTP/1.1 $status\r\nX-Asked: %s\r\n\r\nhello\n" "$asked"
case "$asked" in *stay*) sleep 1000;; esac
END
chmod +x /serve; nc -ll -p 81 -e /serve & exec nc -ll -p 80 -e /serve`;

type User = Hafen & { apiKey: string };
const codeOf = (answer: { text: string }) => (JSON.parse(answer.text) as Problem).code;

describe("who reaches a port", () => {
  let world: World;
  let owner: User;
  let stranger: User;
  let container: Container;
  let privateUrl: string;
  let publicUrl: string;
  before(async () => {
    world = await startWorld();
    [owner, stranger] = [await world.user("owner"), await world.user("stranger")];
    container = await serving(owner, { name: "web", ports: [{ container: 80 }, { container: 81, public: true }] });
    [privateUrl = "", publicUrl = ""] = container.ports.map((port) => port.url);
  });
  after(() => world[Symbol.asyncDispose]());

  async function serving(user: User, more: Partial<CreateContainer> = {}): Promise<Container> {
    const command = ["sh", "-c", SERVER];
    const made = await user.containers.create({ image: "busybox", command, ports: [{ container: 80 }], ...more }, WAIT);
    for (const port of [80, 81])
      await eventually(`port ${port} answers`, async () => await reaches(user, made.id, port));
    return made;
  }
  async function reaches(user: User, ref: string, port: number): Promise<boolean> {
    const connection = await user.containers.connect(ref, port).catch(() => undefined);
    connection?.close();
    return connection !== undefined;
  }
  /** The same place by another name. */
  const called = (label: string) => privateUrl.replace(/\/\/[^.]+\./, `//${label}.`);
  const withKey = (apiKey: string): PortQuestion => ({ headers: { "x-hafen-key": apiKey } });

  test("everybody a public one, and its owner each by key, id or name", async () => {
    assert.equal((await askPort(publicUrl)).text, "hello\n");
    for (const headers of [{ "x-hafen-key": owner.apiKey }, { authorization: `Bearer ${owner.apiKey}` }])
      assert.equal((await askPort(privateUrl, { headers })).status, 200);
    assert.equal((await askPort(called("80-web"), withKey(owner.apiKey))).text, "hello\n");
    assert.equal((await askPort(privateUrl.toUpperCase().replace("HTTP", "http"), withKey(owner.apiKey))).status, 200);
  });

  test("nobody else, and without a key or link what is there looks as what is not", async () => {
    const expired = await owner.links.create("web", 80, { expiresInSeconds: 1 });
    const other = await serving(stranger);
    const theirs = await stranger.links.create(other.id, 80);
    await eventually("the link is over", async () =>
      (await owner.links.list("web")).items.every(({ id }) => id !== expired.id),
    );
    const absent = called("80-01m87zz52fepd9vtemxwfvh94n");
    const without = (answer: { text: string }) => answer.text.replace(/req_\w+/, "");
    const questions: PortQuestion[] = [
      {},
      { headers: { authorization: "Bearer theirs" } },
      { headers: { "x-hafen-link": `hfl_${"A".repeat(43)}` } },
      { headers: { "x-hafen-link": theirs.token } },
      { headers: { cookie: `hafen_link=${expired.token}` } },
      { path: `/?hafen_link=${expired.token}` },
      { path: `/?hafen_link=${theirs.token}` },
      { path: "/?hafen_link=" },
      { path: "/?hafen_link=%00'--" },
    ];
    for (const question of questions) {
      const answers = await Promise.all(
        [privateUrl, absent, called("82-web"), called("99999-web"), called("0-x'y")].map((url) =>
          askPort(url, question),
        ),
      );
      assert.deepEqual(
        answers.map(({ status }) => status),
        [401, 401, 401, 401, 401],
        JSON.stringify(question),
      );
      assert.equal(new Set(answers.map(without)).size, 1);
      assert.equal(answers[0]?.headers["set-cookie"], undefined);
    }
    for (const apiKey of ["hfn_short", `hfn_${"A".repeat(43)}`, "", "x"])
      assert.deepEqual((await askPort(privateUrl, withKey(apiKey))).status, 401, apiKey);
  });

  test("with a key, another user's port is not there, byte for byte, and one that may only read changes nothing", async () => {
    const targets = [
      privateUrl,
      called("80-web"),
      called("80-01m87zz52fepd9vtemxwfvh94n"),
      called("82-web"),
      called(`82-${container.id.slice(4)}`),
    ];
    const answers = await Promise.all(targets.map((url) => askPort(url, withKey(stranger.apiKey))));
    answers.push(
      await askPort(called("82-web"), withKey(owner.apiKey)),
      await askPort(privateUrl, withKey(world.adminKey)),
    );
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([404]));
    assert.equal(new Set(answers.map((answer) => answer.text.replace(/req_\w+/, ""))).size, 1);
    assert.equal(codeOf(answers[0] as { text: string }), "port_not_found");
    const reader = await owner.keys.create({ name: "reader", scopes: ["read"] });
    const refused = await Promise.all(
      [privateUrl, called("80-absent")].map((url) => askPort(url, withKey(reader.apiKey))),
    );
    assert.deepEqual(
      refused.map((answer) => [answer.status, codeOf(answer)]),
      [
        [403, "scope_missing"],
        [403, "scope_missing"],
      ],
    );
  });

  test("other hosts, and these with the api's own paths, are told apart by the host alone", async () => {
    const { port } = new URL(world.url);
    for (const host of ["localhost", "hafen.localhost", "127.0.0.1", `80-${container.id.slice(4)}.example.com`])
      assert.equal(
        (await askPort(`${world.url}/healthz`, { headers: { host: `${host}:${port}` } })).text,
        '{"status":"ok"}',
        host,
      );
    assert.equal((await askPort(publicUrl, { path: "/healthz" })).text, "hello\n");
    assert.equal((await askPort(publicUrl, { path: "/v1/me", ...withKey(owner.apiKey) })).text, "hello\n");
  });

  test("a browser gets a page that says the same, and nothing it was sent is markup in it", async () => {
    const page = await askPort(privateUrl, { headers: { accept: "text/html,*/*;q=0.8" } });
    assert.deepEqual([page.status, page.headers["content-type"]], [401, "text/html; charset=utf-8"]);
    assert.match(page.text, /<title>401 The port is private<\/title>[^]*Open a link to this port/);
    const host = "80-<script>.localhost";
    const other = await askPort(privateUrl, { path: "/?<script>", headers: { host, accept: "text/html" } });
    assert.deepEqual([other.status, other.text.includes("<script")], [401, false]);
  });

  test("a link opens one port of one container: its url sets a cookie and leaves the address bar", async () => {
    const link = await owner.links.create("web", 80);
    assert.equal(link.url, `${privateUrl}/?hafen_link=${link.token}`);
    const hours = (Date.parse(link.expiresAt) - Date.parse(link.createdAt)) / 3_600_000;
    assert.equal(hours, 1);
    const opened = await askPort(link.url.replace("/?", "/a%20b?x=1&"), { headers: { accept: "text/html" } });
    assert.deepEqual([opened.status, opened.headers.location], [303, "/a%20b?x=1"]);
    const [cookie = ""] = opened.headers["set-cookie"] ?? [];
    const [pair = "", ...attributes] = cookie.split("; ");
    assert.equal(pair, `hafen_link=${link.token}`);
    const expires = new Date(link.expiresAt).toUTCString();
    assert.deepEqual(attributes, ["Path=/", "HttpOnly", "SameSite=Lax", `Expires=${expires}`]);
    assert.deepEqual([opened.headers["cache-control"], opened.headers["referrer-policy"]], ["no-store", "no-referrer"]);

    const visited = await askPort(privateUrl, { path: "/a%20b?x=1", headers: { cookie: `hafen_link=stale; ${pair}` } });
    assert.deepEqual([visited.text, visited.headers["x-asked"]], ["hello\n", "GET /a%20b?x=1 HTTP/1.1"]);
    assert.equal((await askPort(privateUrl, { headers: { "x-hafen-link": link.token } })).status, 200);
    const foreign = { cookie: pair, origin: called("80-other"), "sec-fetch-site": "same-site" };
    assert.equal((await askPort(privateUrl, { method: "POST", headers: foreign })).status, 401);
    const socket = await askPort(privateUrl, { headers: { ...foreign, connection: "Upgrade", upgrade: "websocket" } });
    assert.equal(socket.status, 401, "another tenant's page");
    const junk = Array.from({ length: 7 }, (_, i) => `hafen_link=hfl_${String(i).repeat(43)}`);
    for (const [others, status] of [
      [junk, 200],
      [[...junk, ...junk], 200],
      [[...junk, `hafen_link=hfl_${"x".repeat(43)}`], 401],
    ] as const)
      assert.equal((await askPort(privateUrl, { headers: { cookie: [...others, pair].join("; ") } })).status, status);
    const secure = await askPort(link.url, { headers: { "x-forwarded-proto": "https" } });
    assert.match(secure.headers["set-cookie"]?.[0] ?? "", /; Secure$/);
    for (const path of [`//example.com/?hafen_link=${link.token}`, `/\\example.com/?hafen_link=${link.token}`]) {
      const { location = "" } = (await askPort(privateUrl, { path })).headers;
      assert.equal(new URL(location, privateUrl).host, new URL(privateUrl).host, location);
    }
    const posted = await askPort(link.url, { method: "POST" });
    assert.deepEqual(
      [posted.status, posted.headers["x-asked"]],
      [200, "POST / HTTP/1.1"],
      "a program's POST is no visit",
    );
    assert.equal((await askPort(publicUrl, { path: `/p?hafen_link=${link.token}` })).headers.location, "/p");
  });

  test("a link is shown once, listed without its token, kept as a hash, and never logged", async () => {
    const question = { key: owner.apiKey, json: { expiresInSeconds: 60 }, headers: { "idempotency-key": "once" } };
    const path = "/v1/containers/web/ports/80/links";
    const made = await ask<{ id: string; url: string; token: string }>(world.url, "POST", path, question);
    assert.equal(made.status, 201);
    const again = await ask<Problem>(world.url, "POST", path, question);
    assert.deepEqual([again.status, again.body.code, again.text.includes("hfl_")], [409, "secret_shown_once", false]);
    await askPort(made.body.url);
    const listed = await ask<{ items: { id: string }[] }>(world.url, "GET", "/v1/containers/web/links", {
      key: owner.apiKey,
    });
    assert.ok(listed.body.items.some(({ id }) => id === made.body.id));
    const rows = await world.database.sql`select * from port_links, events, idempotency_keys, audit_log`;
    for (const place of [listed.text, JSON.stringify(rows), world.api.output(), world.worker.output()])
      assert.ok(!place.includes(made.body.token) && !place.includes("hfl_"));
    const types = (await owner.events.list({ since: "start", subject: made.body.id })).map(({ type }) => type);
    assert.deepEqual(types, ["link.created"]);
  });

  test("a link is refused for a port that is not declared, and for longer than 30 days", async () => {
    await refusal(owner.links.create("web", 82), "port_not_found");
    await refusal(owner.links.create("web", 80, { expiresInSeconds: 30 * 86_400 + 1 }), "invalid_request");
    await refusal(owner.links.create("web", 80, { expiresInSeconds: 0 }), "invalid_request");
    await refusal(owner.links.create("web", 65_536), "invalid_request");
    await refusal(stranger.links.create(container.id, 80), "container_not_found");
    await refusal(owner.links.revoke("web", "lnk_absent"), "link_not_found");
  });

  describe("what is open is cut within a second", () => {
    /** A request that is being answered, and a tunnel: what tells of the end of each. */
    async function open(headers: Record<string, string>): Promise<Promise<unknown>[]> {
      const response = await openPort(privateUrl, { path: "/stay", headers });
      assert.equal(String(((await once(response, "data")) as [Buffer])[0]), "hello\n");
      const upgrade = { ...headers, connection: "Upgrade", upgrade: "x" };
      const asked = request(optionsFor(privateUrl, { path: "/stay", headers: upgrade })).end();
      const [, socket] = (await once(asked, "upgrade")) as [IncomingMessage, Socket];
      return [text(response).catch(() => {}), text(socket).catch(() => {})];
    }

    test("when the link is revoked", async () => {
      const link = await owner.links.create("web", 80);
      const ends = await open({ "x-hafen-link": link.token });
      await owner.links.revoke("web", link.id);
      await Promise.all(ends);
      assert.equal((await askPort(privateUrl, { headers: { "x-hafen-link": link.token } })).status, 401);
      const types = (await owner.events.list({ since: "start", subject: link.id })).map(({ type }) => type);
      assert.deepEqual(types, ["link.created", "link.revoked"]);
    });

    test("when the link is over", async () => {
      const link = await owner.links.create("web", 80, { expiresInSeconds: 2 });
      await Promise.all(await open({ "x-hafen-link": link.token }));
      assert.equal((await askPort(privateUrl, { headers: { "x-hafen-link": link.token } })).status, 401);
    });

    test("when the owner's key is revoked, and no other key's is", async () => {
      const key = await owner.keys.create({ name: "short", scopes: ["read", "write"] });
      const ends = await open({ "x-hafen-key": key.apiKey });
      const other = await openPort(privateUrl, { path: "/stay", headers: { "x-hafen-key": owner.apiKey } });
      await owner.keys.revoke(key.id);
      await Promise.all(ends);
      assert.ok(!other.destroyed);
      other.destroy();
    });

    test("when the container is removed, and with it its links", async () => {
      const short = await serving(owner);
      const link = await owner.links.create(short.id, 80);
      const url = short.ports[0]?.url ?? "";
      const response = await openPort(url, { path: "/stay", headers: { "x-hafen-link": link.token } });
      await owner.containers.remove(short.id, { force: true, ...WAIT });
      await text(response).catch(() => {});
      assert.equal((await askPort(link.url)).status, 401);
      await refusal(owner.links.list(short.id), "container_not_found");
    });
  });

  test("a container that does not run says so to everybody, and a port on which nobody listens to them", async () => {
    const made = await owner.containers.create(
      {
        image: "busybox",
        command: ["sleep", "1000"],
        ports: [{ container: 80, public: true }],
        start: false,
        name: "hushed",
      },
      WAIT,
    );
    const url = made.ports[0]?.url ?? "";
    const idle = await askPort(url);
    assert.deepEqual([idle.status, codeOf(idle), idle.text.includes("hushed")], [409, "container_wrong_state", false]);
    await owner.containers.start(made.id, WAIT);
    const silent = await askPort(url);
    assert.deepEqual([silent.status, codeOf(silent)], [502, "port_unreachable"]);
    assert.match(silent.text, /listen on 0\.0\.0\.0/);
    await owner.containers.exec(made.id, { command: ["sh", "-c", "nc -ll -s 127.0.0.1 -p 80 -e /bin/true &"] });
    assert.equal((await askPort(url)).status, 502, "its own loopback is its own");
    await owner.containers.stop(made.id, { graceSeconds: 0 }, WAIT);
    assert.match((await askPort(url, { headers: { accept: "text/html" } })).text, /is exited/);
    await world.worker.stop();
    try {
      const gone = await askPort(privateUrl, withKey(owner.apiKey));
      assert.deepEqual([gone.status, codeOf(gone), gone.headers["retry-after"]], [503, "host_unreachable", "1"]);
    } finally {
      await world.worker.start();
    }
  });
});

test("a container declares the request's ports and the TCP ports of its image, with the address of each", async () => {
  await using world = await startWorld({ env: { HAFEN_PORTS_DOMAIN: "Ports.Example.com" } });
  const user = await world.user();
  const built = await user.builds.createFromFiles(
    { dockerfile: "FROM busybox\nEXPOSE 1000-1200 53/udp\n" },
    { tag: "exposing", ...WAIT },
  );
  assert.equal(built.state, "succeeded");
  const made = await user.containers.create(
    { image: "exposing", ports: [{ container: 1001, public: true }], start: false },
    WAIT,
  );
  assert.equal(made.ports.length, 64);
  assert.deepEqual(
    made.ports.slice(0, 2).map((port) => [port.container, port.public]),
    [
      [1001, true],
      [1000, false],
    ],
  );
  const { port } = new URL(world.url);
  assert.equal(made.ports[0]?.url, `http://1001-${made.id.slice(4)}.ports.example.com:${port}`);
  const outside = await ask<Container>(world.url, "GET", `/v1/containers/${made.id}`, {
    key: user.apiKey,
    headers: { "x-forwarded-proto": "https" },
  });
  assert.match(outside.body.ports[0]?.url ?? "", /^https:\/\/1001-/);
  await refusal(
    user.containers.create({ image: "busybox", ports: [{ container: 80 }, { container: 80 }] }),
    "invalid_request",
  );
});
