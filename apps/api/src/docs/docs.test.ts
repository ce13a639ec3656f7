import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { openapiDocument, PROBLEMS } from "@hafen/contract";
import { docsFiles } from "./docs.ts";

interface Operation {
  id: string;
  method: string;
  path: string;
}
interface TreeNode {
  name: string;
  type: string;
  required: boolean;
  children: TreeNode[];
}
type Json = Record<string, unknown>;

async function script<T>(name: string): Promise<T> {
  return (await import(new URL(name, import.meta.url).href)) as T;
}
const { operationsOf, byTag } = await script<{
  operationsOf: (openapi: Json) => Operation[];
  byTag: (operations: Operation[]) => Map<string, Operation[]>;
}>("operations.js");
const { treeOf } = await script<{ treeOf: (openapi: Json, schema: Json) => TreeNode[] }>("schema-tree.js");
const { curlExamples } = await script<{ curlExamples: (openapi: Json, operation: Operation) => string[] }>("curl.js");
const { problemRows } = await script<{
  problemRows: (
    openapi: Json,
    operations: Operation[],
    table: Json,
  ) => { code: string; status: string; title: string; operationIds: string[] }[];
}>("problems.js");
const { addressOf } = await script<{
  addressOf: (path: string, values: { name: string; in: string; value: string }[], page: string) => URL;
}>("try-it.js");
const { matches } = await script<{ matches: (text: string, search: string) => boolean }>("search.js");

const openapi = openapiDocument() as unknown as Json;
const operations = operationsOf(openapi);
const operation = (id: string) => operations.find((each) => each.id === id) ?? assert.fail(`no ${id}`);

test("every script that a script or the page loads is served", () => {
  for (const [path, { body, type }] of Object.entries(docsFiles)) {
    const loads = [
      ...body.matchAll(type.startsWith("text/html") ? /(?:src|href)="(docs\/[^"]+)"/g : /from "(\.\/[^"]+)"/g),
    ];
    for (const [, target = ""] of loads) {
      const at = new URL(target, `http://docs${path}`).pathname;
      assert.ok(at in docsFiles, `${path} loads ${at}`);
    }
  }
});

test("nothing on the page needs more than its content security policy allows", () => {
  const html = docsFiles["/docs"]?.body ?? "";
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|https?:\/\//);
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)/);
  for (const { body } of Object.values(docsFiles))
    assert.doesNotMatch(body, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?:\/\//);
});

test("every route is shown, under its tag", () => {
  const paths = openapi["paths"] as Record<string, Json>;
  const expected = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  );
  const shown = [...byTag(operations).values()].flat().map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(shown.toSorted(), expected.toSorted());
  assert.equal([...byTag(operations).keys()].at(-1), "system");
});

test("every problem of the table has a row with its status and title", () => {
  const rows = problemRows(openapi, operations, PROBLEMS);
  assert.deepEqual(
    rows.map(({ code }) => code),
    Object.keys(PROBLEMS),
  );
  for (const { code, status, title } of rows) {
    const { status: expected, title: text } = PROBLEMS[code as keyof typeof PROBLEMS];
    assert.deepEqual([status, title], [String(expected), text]);
  }
  assert.ok(rows.find(({ code }) => code === "volume_in_use")?.operationIds.includes("removeVolume"));
});

test("a body is a tree with types, required fields, and variants", () => {
  const tree = treeOf(openapi, { $ref: "#/components/schemas/CreateContainer" });
  assert.deepEqual(
    tree.filter(({ required }) => required).map(({ name, type }) => [name, type]),
    [["image", "string"]],
  );
  const mounts = tree.find(({ name }) => name === "mounts");
  assert.equal(mounts?.type, "array of MountRequest");
  assert.deepEqual(
    mounts?.children.map(({ children }) => children[0]?.type),
    ['"volume"', '"tmpfs"', '"host"'],
  );
  const inherited = treeOf(openapi, { $ref: "#/components/schemas/CreatedKey" }).map(({ name }) => name);
  assert.ok(inherited.includes("id") && inherited.includes("apiKey"));
});

test("a schema that refers to itself ends", () => {
  const schema = { type: "object", properties: { child: { $ref: "#/components/schemas/Self" } } };
  assert.equal(treeOf({ components: { schemas: { Self: schema } } }, schema).length, 1);
});

test("examples are commands that a shell reads as meant", () => {
  for (const each of operations) {
    for (const command of curlExamples(openapi, each)) {
      const words = execFileSync("sh", ["-c", `curl() { printf '%s\\n' "$@"; }; ${command}`], {
        encoding: "utf8",
        env: { HAFEN_URL: "https://hafen", HAFEN_API_KEY: "hfn_x" },
      }).split("\n");
      assert.ok(
        words.some((word) => word.startsWith("https://hafen/")),
        command,
      );
      const body = words[words.indexOf("-d") + 1];
      if (words.includes("-d")) assert.doesNotThrow(() => JSON.parse(body ?? ""), command);
    }
  }
  assert.equal(curlExamples(openapi, operation("createBuild")).length, 2);
  const [create = ""] = curlExamples(openapi, operation("createContainer"));
  assert.match(create, /-d '\{"image":"debian:bookworm","name":"web","command":\["sh","-c","echo hello"\]\}'/);
});

test("try it asks below wherever the page is, with what was filled in percent-encoded", () => {
  const values = [
    { name: "ref", in: "path", value: "team/app:$&" },
    { name: "limit", in: "query", value: "5" },
    { name: "cursor", in: "query", value: "" },
  ];
  assert.equal(
    addressOf("/v1/images/{ref}", values, "https://x/hafen/docs#a").href,
    "https://x/hafen/v1/images/team%2Fapp%3A%24%26?limit=5",
  );
});

test("a search finds what has all its words", () => {
  assert.ok(matches("createcontainer post /v1/containers", "post cont"));
  assert.ok(!matches("listcontainers get /v1/containers", "post cont"));
  assert.ok(matches("anything", ""));
});
