import { exampleOf } from "./example.js";

/** What stands for {ref} and {id} in an example, by tag. */
const REFS = {
  builds: "bld_…",
  containers: "web",
  hosts: "host-1",
  images: "app:1",
  keys: "ci",
  users: "frank",
  volumes: "data",
};
const FILES = {
  "application/x-tar": "context.tar",
  "application/gzip": "context.tar.gz",
  "application/zstd": "context.tar.zst",
};
const INTO = " \\\n  ";

/** In single quotes, for a POSIX shell. */
function quoted(/** @type {string} */ text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The body as curl's arguments. */
function bodyArguments(openapi, operation, type) {
  const header = `-H "Content-Type: ${type}"`;
  if (type in FILES) return [header, `--data-binary @${FILES[type]}`];
  return [header, `-d ${quoted(JSON.stringify(exampleOf(openapi, operation.bodies[type], operation.id)))}`];
}

/**
 * One command for JSON, one for an upload; without a body one.
 * @param {object} openapi @param {import("./operations.js").Operation} operation
 */
export function curlExamples(openapi, operation) {
  const { method, path, tag, scope, bodies, responses } = operation;
  const ref = REFS[tag] ?? "…";
  const url = `"$HAFEN_URL${path.replace(/\{\w+\}/g, ref === "bld_…" ? ref : encodeURIComponent(ref))}"`;
  const streams = responses.some(({ contents }) => "text/event-stream" in contents);
  const start = ["curl -sS", streams && "-N", method !== "get" && `-X ${method.toUpperCase()}`, url]
    .filter(Boolean)
    .join(" ");
  const headers = [
    scope !== "none" && '-H "Authorization: Bearer $HAFEN_API_KEY"',
    streams && '-H "Accept: text/event-stream"',
  ].filter(Boolean);
  const types = Object.keys(bodies);
  const upload = types.find((type) => type in FILES);
  const shown = [upload, types.find((type) => type === "application/json")].filter(Boolean);
  if (shown.length === 0) return [[start, ...headers].join(INTO)];
  return shown.map((type) => [start, ...headers, ...bodyArguments(openapi, operation, type)].join(INTO));
}
