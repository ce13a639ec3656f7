import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { HafenError } from "@hafen/sdk";
import fc from "fast-check";
import { ask } from "../api/ask.ts";
import { abuse, eventually, startWorld } from "../support/index.ts";
import { requests, type FuzzRequest, type OpenApi } from "./openapi-requests.ts";

const RUNS = Number(process.env["HAFEN_FUZZ_RUNS"] ?? 1_500);
const SEED = Number(process.env["HAFEN_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const LANES = 6;
/** What the requests act on is made again after so many, since they remove it, too. */
const SEED_EVERY = 50;
/** Far over what an answer takes, also on a machine that is busy. */
const HANG_MS = 30_000;

const document = JSON.parse(
  readFileSync(new URL("../../packages/contract/openapi.json", import.meta.url), "utf8"),
) as OpenApi;

/** Refused before a route is found, or for what is the same for all. */
const ANYWHERE = ["400", "401", "404", "405", "413", "414", "415", "431"];

const onlyOf = (codes: string[]) => (error: unknown) => {
  if (!(error instanceof HafenError && codes.includes(error.code))) throw error;
};

interface Answer {
  status: number;
  type: string;
  text: string;
}

const WAITS: Answer = { status: 200, type: "", text: "" };

/** The schemas of answers, compiled once. */
function openChecks() {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: "hafen", components: document.components });
  const compiled = new Map<string, ValidateFunction>();
  const pointer = (...parts: string[]) =>
    parts.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1")).join("/");
  ajv.addSchema({
    $id: "paths",
    ...(JSON.parse(JSON.stringify(document).replaceAll("#/components", "hafen#/components")) as object),
  });
  return (reference: string[], value: unknown): string | undefined => {
    const $ref = `paths#/${pointer(...reference)}`;
    const check = compiled.get($ref) ?? ajv.compile({ $ref });
    compiled.set($ref, check);
    return check(value) ? undefined : ajv.errorsText(check.errors);
  };
}

/** What is wrong with an answer; undefined: nothing. */
function faultOf(
  sent: FuzzRequest,
  { status, type, text }: Answer,
  check: ReturnType<typeof openChecks>,
): string | undefined {
  const [, path = ""] = sent.name.split(" ");
  const method = sent.method.toLowerCase();
  const { responses } = document.paths[path]?.[method] ?? { responses: {} };
  if (!(String(status) in responses) && !ANYWHERE.includes(String(status))) return `${status} is not documented`;
  if (status === 500) return "an error of the service";
  if (status >= 400) {
    if (path === "/readyz") return undefined;
    if (type !== "application/problem+json") return `an error of type ${type}`;
    return check(["components", "schemas", "Problem"], JSON.parse(text));
  }
  if (!type.startsWith("application/json")) return undefined;
  return check(
    ["paths", path, method, "responses", String(status), "content", "application/json", "schema"],
    JSON.parse(text),
  );
}

abuse("B1", `${RUNS} requests made from the description of the API, half of them spoilt`, async (t) => {
  t.diagnostic(`HAFEN_FUZZ_SEED=${SEED}`);
  await using world = await startWorld();
  const user = await world.user("fuzzer", { containers: 30, volumes: 30, images: 20, builds: 10 });
  const seed = async () => {
    const made = { image: "busybox", name: "web", command: ["sleep", "1000"] };
    await user.containers.create(made, { waitSeconds: 60 }).catch(onlyOf(["name_taken", "quota_exceeded"]));
    await user.volumes.create({ name: "data" }).catch(onlyOf(["name_taken", "quota_exceeded"]));
  };
  await seed();
  const build = await user.builds.createFromFiles({ dockerfile: "FROM busybox\n" }, { tag: "mine", waitSeconds: 60 });
  const known = {
    "containers.ref": ["web", "web", "web", "none", "ctr_01m85p8d42e8sawsgjmsjg3qwm"],
    "volumes.ref": ["data", "data", "none", "vol_01m85p8d42e8sawsgjmsjg3qwm"],
    "images.ref": ["mine", "mine", "busybox", build.imageId, "none"],
    ref: ["none", "key_01m85p8d42e8sawsgjmsjg3qwm"],
    id: [build.id, "bld_01m85p8d42e8sawsgjmsjg3qwm"],
    image: ["busybox", "mine", "none"],
    path: ["/", "/tmp", "/etc/passwd", "/none"],
    port: ["80", "0", "65536"],
    command: [["true"], ["echo", "a"], ["false"], [], ["none"]],
    entrypoint: [[], ["true"]],
    // Nothing waits for long: what is tested is whether it answers.
    timeoutSeconds: [0, 1, 0.5, -1, 1e9, "1"].slice(0, 4),
    graceSeconds: [0, 1, -1],
    prefer: ["wait=0", "wait=1", "wait=301", "wait=-1", "wait", "respond-async"],
    follow: ["true", "false"],
    accept: ["application/json", "application/x-ndjson", "text/event-stream", "*/*", "nonsense"],
  };
  const agent = new Agent({ keepAlive: true, maxSockets: LANES });
  const send = (sent: FuzzRequest): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${user.apiKey}`, ...sent.headers };
      const asked = request(`${world.url}/`, {
        method: sent.method,
        path: sent.target,
        headers,
        agent,
        timeout: HANG_MS,
      });
      asked.on("timeout", () => asked.destroy(new Error("no answer")));
      // It waits for what may never come, when its body says no time.
      if (sent.name.endsWith("/wait")) asked.setTimeout(1_000, () => (asked.destroy(), resolve(WAITS)));
      asked.on("error", reject);
      asked.on("response", (response) => {
        const { statusCode: status = 0 } = response;
        const type = response.headers["content-type"] ?? "";
        const chunks: Buffer[] = [];
        const done = () => resolve({ status, type, text: Buffer.concat(chunks).toString() });
        // A stream may go on for ever, and is no JSON.
        if (!type.endsWith("json")) {
          response.destroy();
          return done();
        }
        response
          .on("data", (chunk: Buffer) => chunks.push(chunk))
          .on("end", done)
          .on("error", reject);
      });
      asked.end(sent.body);
    });

  const check = openChecks();
  const sample = fc.sample(requests(document, known), { numRuns: RUNS, seed: SEED });
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < sample.length; at = next++) {
      const sent = sample[at];
      if (!sent) return;
      if (at % SEED_EVERY === 0) await seed();
      const fault = await send(sent).then(
        (answer) => {
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          const wrong = faultOf(sent, answer, check);
          return wrong && `${wrong}: ${answer.status} ${answer.text.slice(0, 500)}`;
        },
        (error: unknown) => String(error),
      );
      if (fault !== undefined) faults.push(`${JSON.stringify(sent).slice(0, 800)}\n    ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  agent.destroy();
  assert.deepEqual(faults, []);
  assert.doesNotMatch(world.api.output(), /"level":50/, "the api logged an error");
  await eventually(
    "the api answers",
    async () => (await ask(world.url, "GET", "/v1/me", { key: user.apiKey })).status === 200,
  );
  const counted = [...statuses]
    .toSorted(([one], [other]) => one - other)
    .map(([status, count]) => `${count} × ${status}`);
  return `no 5xx, no hang, every error a problem and every 2xx as described: ${counted.join(", ")}`;
});
