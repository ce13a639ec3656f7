import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LABELS } from "@hafen/core";
import { engineRequest } from "@hafen/infra";
import { Redis } from "ioredis";
import { requireEnv } from "./environment.ts";
import type { World } from "./world.ts";

/** Each place that keeps something, with everything in it as text, bytes in hex. */
export type Kept = Map<string, string>;

const DOCUMENT = new URL("../../packages/contract/openapi.json", import.meta.url);

/** Every row of every table, also of the queue's. */
export async function databaseText({ database: { sql } }: World): Promise<string> {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`;
  const rows = await Promise.all(
    tables.map(({ name }) => sql.unsafe<{ text: string }[]>(`select t::text as text from ${name} t`)),
  );
  return rows.flatMap((all) => all.map(({ text }) => text)).join("\n");
}

export async function redisText({ env }: World): Promise<string> {
  const url = requireEnv("HAFEN_TEST_REDIS_URL");
  const redis = url.startsWith("unix://") ? new Redis({ path: url.slice("unix://".length) }) : new Redis(url);
  try {
    const keys = await redis.keys(`${env["HAFEN_QUEUE_PREFIX"]}*`);
    const values = await Promise.all(keys.map((key) => valueOf(redis, key)));
    return keys.map((key, at) => `${key} ${values[at]}`).join("\n");
  } finally {
    redis.disconnect();
  }
}

async function valueOf(redis: Redis, key: string): Promise<string> {
  const read: Record<string, () => Promise<unknown>> = {
    string: () => redis.get(key),
    hash: () => redis.hgetall(key),
    list: () => redis.lrange(key, "0", "-1"),
    set: () => redis.smembers(key),
    zset: () => redis.zrange(key, "0", "-1"),
    stream: () => redis.xrange(key, "-", "+"),
    none: async () => "",
  };
  return JSON.stringify(await read[await redis.type(key)]?.());
}

/** What the engine says of the world's containers and images. */
export async function engineText(world: World): Promise<string> {
  const ids = await enginesOwn(world);
  const paths = [
    ...ids.containers.flatMap((id) => [`/containers/${id}/json`, `/containers/${id}/top`, `/containers/${id}/changes`]),
    ...ids.images.flatMap((id) => [`/images/${id}/json`, `/images/${id}/history`]),
    "/containers/json?all=1",
    "/images/json?all=1",
    "/events?since=0&until=1",
  ];
  const answers = await Promise.all(
    paths.map((path) => engineRequest(world.env["DOCKER_HOST"] ?? "", "GET", path, { timeoutMs: 30_000 })),
  );
  return answers.map(({ body }) => body).join("\n");
}

async function enginesOwn({ engine, hostId }: World): Promise<{ containers: string[]; images: string[] }> {
  const id = await hostId();
  const [containers, tags] = await Promise.all([
    engine.listContainers({ key: LABELS.host, value: id }),
    engine.listTags(`hafen/${id}:`),
  ]);
  return { containers: containers.map((each) => each.id), images: [...new Set(tags.map(({ imageId }) => imageId))] };
}

/** Files of the engine's data and run directories in which one of the words is: of the world's containers and images. */
export async function filesWith(world: World, words: string[]): Promise<string[]> {
  const address = world.env["DOCKER_HOST"] ?? "";
  const ask = async (path: string) =>
    JSON.parse((await engineRequest(address, "GET", path, { timeoutMs: 30_000 })).body) as {
      DockerRootDir: string;
      GraphDriver?: { Data: Record<string, string> };
    };
  const { DockerRootDir: root } = await ask("/info");
  const { containers, images } = await enginesOwn(world);
  const objects = await Promise.all([
    ...containers.map((id) => ask(`/containers/${id}/json`)),
    ...images.map((id) => ask(`/images/${id}/json`)),
  ]);
  const layers = objects.flatMap(({ GraphDriver }) => GraphDriver?.Data["UpperDir"] ?? []);
  const run = dirname(address.slice("unix://".length));
  const bundles = await lines("find", [
    run,
    "-path",
    "*/overlay2",
    "-prune",
    "-o",
    "-type",
    "d",
    "-name",
    "[0-9a-f]*",
    "-print",
  ]);
  const own = new Set(containers);
  const places = [
    ...containers.map((id) => join(root, "containers", id)),
    ...layers,
    join(root, "image"),
    ...bundles.filter((path) => own.has(path.split("/").at(-1) ?? "")),
  ];
  return lines("grep", ["-rlaF", "-D", "skip", ...words.flatMap((word) => ["-e", word]), ...places]);
}

/** grep answers 1 for nothing found, and 2 for what went while it read. */
async function lines(program: string, args: string[]): Promise<string[]> {
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile(program, args, { maxBuffer: 2 ** 26 }, (_, stdout) => resolve(stdout));
  return (await promise).split("\n").filter((line) => line !== "");
}

/** What every GET route of openapi.json answers this user, for each of the things that its path names. */
export async function answersText(url: string, apiKey: string, things: Record<string, string[]>): Promise<Kept> {
  const { paths } = JSON.parse(readFileSync(DOCUMENT, "utf8")) as { paths: Record<string, { get?: object }> };
  const sockets = /\/(exec|attach|connect)$/;
  const kept: Kept = new Map();
  for (const [path, { get }] of Object.entries(paths)) {
    if (!get || sockets.test(path)) continue;
    for (const target of targetsOf(path, things)) {
      const response = await fetch(`${url}${target}`, {
        headers: { authorization: `Bearer ${apiKey}`, accept: "application/x-ndjson, application/json" },
      });
      kept.set(`GET ${target}`, path.endsWith("/stats") ? await first(response) : await whole(response));
    }
  }
  return kept;
}

const QUERIES: [RegExp, string][] = [
  [/\/files$/, "?path=/"],
  [/\/events$/, "?follow=false"],
  [/\/logs$/, "?follow=false"],
  [/\/df$/, "?verbose=true"],
];

function targetsOf(path: string, things: Record<string, string[]>): string[] {
  const query = QUERIES.find(([pattern]) => pattern.test(path))?.[1] ?? "";
  const [, kind = ""] = /^\/v1\/([a-z]+)\/\{/.exec(path) ?? [];
  if (kind === "") return [`${path}${query}`];
  return (things[kind] ?? []).map((id) => `${path.replace(/\{\w+\}/, encodeURIComponent(id))}${query}`);
}

async function whole(response: Response): Promise<string> {
  return Buffer.from(await response.arrayBuffer()).toString("latin1");
}

/** Of an answer without end. */
async function first(response: Response): Promise<string> {
  for await (const chunk of response.body ?? []) return Buffer.from(chunk).toString("latin1");
  return "";
}
