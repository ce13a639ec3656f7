import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PROBLEMS } from "@hafen/contract";
import { startWorld, type World } from "../support/index.ts";
import { ask as askAt, type Answer, type Question } from "./ask.ts";

interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: keyof typeof PROBLEMS;
  detail: string;
  requestId: string;
  errors?: { pointer: string; detail: string }[];
}
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user();
});
after(() => world[Symbol.asyncDispose]());

const ask = (method: string, path: string, question: Question = {}): Promise<Answer<ProblemBody>> =>
  askAt(world.url, method, path, { key: user.apiKey, ...question });

/** Holds an error answer against RFC 9457 and the table of problems. */
function assertProblem(answer: Answer<ProblemBody>, code: keyof typeof PROBLEMS): void {
  const { body } = answer;
  assert.equal(body.code, code, answer.text);
  assert.deepEqual(
    [body.status, body.title, body.type],
    [PROBLEMS[code].status, PROBLEMS[code].title, `/docs#problem-${code}`],
  );
  assert.equal(answer.status, body.status);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.match(body.requestId, /^req_[0-9a-z]{26}$/);
  assert.equal(answer.headers.get("x-request-id"), body.requestId);
  assert.ok(body.detail.length > 0 && !/select |insert |node_modules|at .*\.ts:/i.test(body.detail), body.detail);
}
const MISSING = "ctr_01m85p8d42e8sawsgjmsjg3qwm";

describe("an error", () => {
  const CASES: Partial<Record<keyof typeof PROBLEMS, () => Promise<Answer<ProblemBody>>>> = {
    unauthenticated: () => ask("GET", "/v1/me", { key: undefined }),
    scope_missing: () => ask("GET", "/v1/users"),
    not_found: () => ask("GET", "/v1/nothing"),
    method_not_allowed: () => ask("PUT", "/v1/containers"),
    container_not_found: () => ask("GET", `/v1/containers/${MISSING}`),
    image_not_found: () => ask("POST", "/v1/containers", { json: { image: "no-such" } }),
    build_not_found: () => ask("GET", "/v1/builds/bld_none"),
    volume_not_found: () => ask("GET", "/v1/volumes/none"),
    key_not_found: () => ask("DELETE", "/v1/keys/none"),
    user_not_found: () => ask("GET", "/v1/users/none", { key: world.adminKey }),
    host_not_found: () => ask("GET", "/v1/hosts/none", { key: world.adminKey }),
    invalid_json: () => ask("POST", "/v1/volumes", { body: "{", headers: { "content-type": "application/json" } }),
    invalid_request: () => ask("POST", "/v1/volumes", { json: {} }),
    reference_invalid: () => ask("POST", "/v1/containers", { json: { image: "A B" } }),
    unsupported_media_type: () =>
      ask("POST", "/v1/volumes", { body: "name=a", headers: { "content-type": "text/plain" } }),
    body_too_large: () => ask("POST", "/v1/volumes", { json: { name: "a", labels: { a: "x".repeat(3_000_000) } } }),
    quota_exceeded: async () => {
      const poor = await world.user(undefined, { volumes: 0 });
      return ask("POST", "/v1/volumes", { key: poor.apiKey, json: { name: "a" } });
    },
    name_taken: async () => {
      await ask("POST", "/v1/volumes", { json: { name: "taken" } });
      return ask("POST", "/v1/volumes", { json: { name: "taken" } });
    },
  };
  for (const [code, provoke] of Object.entries(CASES)) {
    test(`${code} is a problem of RFC 9457 with a request id`, async () =>
      assertProblem(await provoke(), code as keyof typeof PROBLEMS));
  }

  test("for a method that the path does not take names those it takes", async () => {
    const { headers } = await ask("PATCH", "/v1/containers");
    assert.deepEqual(headers.get("allow")?.split(", ").toSorted(), ["GET", "POST"]);
  });

  test("for a missing key says how to authenticate", async () => {
    const { headers } = await ask("GET", "/v1/me", { key: undefined });
    assert.equal(headers.get("www-authenticate"), "Bearer");
  });

  test("for unknown and wrong fields has a JSON pointer to each", async () => {
    const { body } = await ask("POST", "/v1/containers", {
      json: {
        image: "busybox",
        privileged: true,
        limits: { cpus: "many", gpus: 1 },
        mounts: [{ type: "volume", target: "relative" }],
        labels: { "a/b~c": 1 },
      },
    });
    const pointers = body.errors?.map(({ pointer }) => pointer).toSorted();
    assert.deepEqual(pointers, ["/labels/a~1b~0c", "/limits/cpus", "/limits/gpus", "/mounts/0/target", "/privileged"]);
  });

  test("for a wrong query parameter points to it", async () => {
    for (const [path, pointer] of [
      ["/v1/containers?limit=0", "?limit"],
      ["/v1/containers?limit=1000", "?limit"],
      ["/v1/containers?state=asleep", "?state"],
      ["/v1/events?type=nonsense", "?type"],
      ["/v1/events?since=evt_x", "?since"],
    ] as const) {
      const answer = await ask("GET", path);
      assertProblem(answer, "invalid_request");
      assert.deepEqual(
        answer.body.errors?.map((error) => error.pointer),
        [pointer],
        path,
      );
    }
  });

  for (const [what, text] of [
    ["NUL", "a\0b"],
    ["half of a surrogate pair", "a\ud800b"],
  ] as const) {
    test(`for ${what} in a text is the client's, wherever it stands`, async () => {
      const json = JSON.stringify;
      const bodies: [string, string][] = [
        ["/v1/volumes", json({ name: "v", labels: { k: text } })],
        ["/v1/volumes", json({ name: "v", labels: { [text]: "v" } })],
        ["/v1/containers", json({ image: text })],
        ["/v1/containers", json({ image: "busybox", env: { A: text } })],
        ["/v1/containers", json({ image: "busybox", command: [text] })],
        ["/v1/builds", json({ files: { Dockerfile: "" }, target: text })],
        ["/v1/builds", json({ files: { Dockerfile: "" }, buildArgs: { A: text } })],
        ["/v1/images/busybox/tags", json({ tag: text })],
      ];
      for (const [path, body] of bodies) {
        const answer = await ask("POST", path, { body, headers: { "content-type": "application/json" } });
        assert.equal(answer.status, 400, `${path} ${body} ${answer.text}`);
      }
    });
  }

  test("for a path or query that no text can hold is the client's", async () => {
    for (const path of [
      "/v1/containers/%00",
      "/v1/containers/%zz",
      "/v1/containers/%ff",
      "/v1/images/%00",
      "/v1/volumes/a%00",
      "/v1/builds/%00",
      "/v1/containers?label=%00",
      "/v1/containers?image=%00",
      "/v1/containers?volume=%00",
      "/v1/events?subject=%00&follow=false",
      "/v1/containers?cursor=%00",
    ]) {
      const { status, text } = await ask("GET", path);
      assert.ok(status === 400 || status === 404, `${path}: ${status} ${text}`);
    }
  });
});

test("the reference page is sent with its own content security policy, every other answer with the general one", async () => {
  for (const [path, policy] of [
    ["/docs", "default-src 'none'"],
    ["/docs/docs.js", "default-src 'none'"],
    ["/openapi.json", "default-src 'self'"],
  ] as const)
    assert.ok((await ask("GET", path)).headers.get("content-security-policy")?.startsWith(policy), path);
});

describe("bodies", () => {
  test("may be left out where all of it is optional, and are refused with another type", async () => {
    const { id } = await user.containers.create({ image: "busybox", start: false }, { waitSeconds: 60 });
    assertProblem(await ask("POST", `/v1/containers/${id}/stop`), "container_wrong_state");
    assertProblem(
      await ask("POST", `/v1/containers/${id}/stop`, {
        body: '{"graceSeconds":1}',
        headers: { "content-type": "text/plain" },
      }),
      "unsupported_media_type",
    );
    assertProblem(await ask("POST", `/v1/containers/${id}/stop`, { json: { grace: 1 } }), "invalid_request");
  });

  test("of JSON that is not an object are refused", async () => {
    for (const body of ["null", "[]", "1", '"x"', ""]) {
      const { status } = await ask("POST", "/v1/volumes", { body, headers: { "content-type": "application/json" } });
      assert.equal(status, 400, body);
    }
  });

  test("over the limit are refused also without a declared length, and for inline builds", async () => {
    const piece = Buffer.from("x".repeat(1024 * 1024));
    const endless = (pieces: number) =>
      new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from('{"files":{"Dockerfile":"')),
        pull: (controller) => (pieces-- > 0 ? controller.enqueue(piece) : controller.close()),
      });
    for (const [path, pieces] of [
      ["/v1/volumes", 4],
      ["/v1/builds", 40],
    ] as const) {
      const answer = await ask("POST", path, {
        body: endless(pieces),
        duplex: "half",
        headers: { "content-type": "application/json" },
      });
      assertProblem(answer, "body_too_large");
    }
  });
});

describe("Prefer: wait", () => {
  const command = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"];
  test("answers 200 once it has settled, and 202 when the time is over before", async () => {
    const settled = await ask("POST", "/v1/containers", {
      json: { image: "busybox", command },
      headers: { prefer: "wait=60" },
    });
    assert.deepEqual([settled.status, (settled.body as unknown as { state: string }).state], [200, "running"]);
    assert.equal(settled.headers.get("preference-applied"), "wait=60");
    const { id } = settled.body as unknown as { id: string };
    for await (const _ of user.containers.logs(id, { follow: true })) break; // it ignores SIGTERM from here on
    const stopping = await ask("POST", `/v1/containers/${id}/stop`, {
      json: { graceSeconds: 60 },
      headers: { prefer: "wait=1" },
    });
    assert.equal(stopping.status, 202);
    await user.containers.remove(id, { force: true });
  });

  test("is 202 with the row as it is now without it", async () => {
    const { status, headers } = await ask("POST", "/v1/containers", { json: { image: "busybox", command } });
    assert.deepEqual([status, headers.get("preference-applied")], [202, null]);
  });

  test("for too long is refused, before anything is done", async () => {
    const { id } = await user.containers.create({ image: "busybox", start: false }, { waitSeconds: 60 });
    const build = await user.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN sleep 30\n" });
    const counted = async () => (await user.builds.list()).items.length;
    const builds = await counted();
    for (const [path, json] of [
      [`/v1/builds/${build.id}/cancel`, undefined],
      [`/v1/containers/${id}/commit`, {}],
      ["/v1/images/pull", { reference: "none.example.com/a" }],
      ["/v1/images/busybox/push", { reference: "none.example.com/a" }],
    ] as const) {
      const answer = await ask("POST", path, { json, headers: { prefer: "wait=301" } });
      assertProblem(answer, "invalid_request");
    }
    assert.equal(await counted(), builds);
    assert.ok(["queued", "running"].includes((await user.builds.get(build.id)).state));
    await user.builds.cancel(build.id);
    const name = "prefer-too-long";
    assertProblem(
      await ask("POST", "/v1/containers", { json: { image: "busybox", name }, headers: { prefer: "wait=301" } }),
      "invalid_request",
    );
    assertProblem(await ask("GET", `/v1/containers/${name}`), "container_not_found");
  });

  test("ignores preferences that it does not know, as RFC 7240 asks", async () => {
    const { status } = await ask("POST", "/v1/containers", {
      json: { image: "busybox", command },
      headers: { prefer: "respond-async, handling=lenient" },
    });
    assert.equal(status, 202);
  });
});

describe("names and ids", () => {
  test("both stand in paths, and an id is never taken for a name", async () => {
    const made = await user.containers.create(
      { image: "busybox", name: "web.1_a-b", start: false },
      { waitSeconds: 60 },
    );
    assert.equal((await user.containers.get("web.1_a-b")).id, made.id);
    assert.equal((await user.containers.get(made.id)).name, "web.1_a-b");
    assertProblem(
      await ask("POST", "/v1/containers", { json: { image: "busybox", name: made.id } }),
      "invalid_request",
    );
  });

  test("are refused when no grammar allows them, and taken again once free", async () => {
    for (const name of ["", "-a", ".a", "a b", "a/b", "ä", "a".repeat(64)])
      assertProblem(await ask("POST", "/v1/volumes", { json: { name } }), "invalid_request");
    const first = await user.containers.create({ image: "busybox", name: "again", start: false }, { waitSeconds: 60 });
    assertProblem(await ask("POST", "/v1/containers", { json: { image: "busybox", name: "again" } }), "name_taken");
    await user.containers.remove(first.id, { waitSeconds: 60 });
    await user.containers.create({ image: "busybox", name: "again", start: false });
  });

  test("are made up when absent, and ids sort by creation", async () => {
    const made = [];
    for (let i = 0; i < 5; i++) made.push(await user.containers.create({ image: "busybox", start: false }));
    for (const { name } of made) assert.match(name, /^[a-z]+_[a-z]+[0-9]*$/);
    const ids = made.map(({ id }) => id);
    assert.deepEqual(ids, ids.toSorted());
  });

  test("of another user answer byte for byte as ones that do not exist", async () => {
    const other = await world.user();
    const container = await other.containers.create(
      { image: "busybox", name: "hidden", start: false },
      { waitSeconds: 60 },
    );
    const volume = await other.volumes.create({ name: "hidden" });
    const build = await other.builds.createFromFiles(
      { dockerfile: "FROM busybox\n" },
      { tag: "hidden", waitSeconds: 60 },
    );
    const flip = (id: string) => id.slice(0, -1) + (id.endsWith("0") ? "1" : "0");
    const paths = [
      ...[container.id, "hidden"].flatMap((ref) => ["", "/logs"].map((rest) => ["GET", "/v1/containers/", ref, rest])),
      ...["start", "stop", "kill", "restart", "wait"].map((verb) => [
        "POST",
        "/v1/containers/",
        container.id,
        `/${verb}`,
      ]),
      ["DELETE", "/v1/containers/", container.id, "?force=true"],
      ["GET", "/v1/volumes/", volume.id, ""],
      ["DELETE", "/v1/volumes/", volume.id, ""],
      ["GET", "/v1/builds/", build.id, ""],
      ["GET", "/v1/builds/", build.id, "/logs"],
      ["POST", "/v1/builds/", build.id, "/cancel"],
      ["GET", "/v1/images/", build.imageId ?? "", ""],
      ["DELETE", "/v1/images/", build.imageId ?? "", ""],
      ["GET", "/v1/images/", build.imageId ?? "", "/history"],
    ] as const;
    for (const [method = "", path = "", ref = "", rest = ""] of paths) {
      const missing = ref === "hidden" ? "absent" : flip(ref);
      const [hidden, absent] = await Promise.all([ref, missing].map((each) => ask(method, `${path}${each}${rest}`)));
      assert.equal(hidden?.status, 404, `${method} ${path}${ref}${rest}`);
      const plain = (answer: Answer<ProblemBody> | undefined, id: string) =>
        answer?.text.replace(answer.body.requestId, "").replaceAll(id, "ID");
      assert.equal(plain(hidden, ref), plain(absent, missing));
    }
    assert.equal((await other.containers.get(container.id)).desired, "created");
  });
});
