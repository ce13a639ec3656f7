import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { HANDED_ON, programEnvironments, type Known } from "./environment.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const KNOWN: Known = {
  databaseUrl: "postgres://localhost/hafen",
  redisUrl: "redis://localhost",
  engine: "unix:///run/docker.sock",
  engineNamespace: undefined,
  resolvers: [],
  seccompProfile: undefined,
  port: 7070,
  address: "127.0.0.1",
  secretsDirectory: "/run/hafen/x/secrets",
  secrets: { streamSecret: "of the home, and long enough for it", secretKey: "of the home" },
};

/** The variables that a program's configuration names. */
function variablesOf(program: "api" | "worker"): string[] {
  const source = readFileSync(join(ROOT, "apps", program, "src", "config.ts"), "utf8");
  return [...source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name = ""]) => name);
}

test("npm start hands on or sets every variable of the api's and the worker's configuration", () => {
  const outside = Object.fromEntries(HANDED_ON.map((name) => [name, `the operator's ${name}`]));
  const given = programEnvironments(outside, KNOWN);
  for (const program of ["api", "worker"] as const) {
    const variables = variablesOf(program);
    assert.ok(variables.includes("DATABASE_URL"));
    assert.deepEqual(
      variables.filter((name) => !(name in given[program])),
      [],
    );
    for (const name of HANDED_ON) assert.equal(given[program][name], outside[name]);
  }
  const read = new Set([...variablesOf("api"), ...variablesOf("worker")]);
  assert.deepEqual(
    HANDED_ON.filter((name) => !read.has(name)),
    [],
  );
});

test("what npm start opened goes before the environment; its own secrets and profile stand where the operator has none", () => {
  const { api, worker } = programEnvironments(
    { DATABASE_URL: "postgres://elsewhere/x", HAFEN_SECRET_KEY: "", HAFEN_API_KEY: "hfn_x" },
    { ...KNOWN, seccompProfile: "/seccomp.json" },
  );
  assert.equal(api["DATABASE_URL"], KNOWN.databaseUrl);
  assert.equal(worker["DOCKER_HOST"], KNOWN.engine);
  assert.equal(api["DOCKER_HOST"], undefined);
  assert.equal(api["HAFEN_API_KEY"], undefined);
  assert.equal(worker["HAFEN_SECCOMP_PROFILE"], "/seccomp.json");
  assert.equal(worker["HAFEN_SECRET_KEY"], KNOWN.secrets.secretKey);
  assert.equal(worker["HAFEN_STREAM_SECRET"], KNOWN.secrets.streamSecret);
  assert.equal(worker["HAFEN_SECRETS_DIRECTORY"], KNOWN.secretsDirectory);
  const kept = programEnvironments({ HAFEN_SECRET_KEY_FILE: "/key" }, KNOWN).worker;
  assert.equal(kept["HAFEN_SECRET_KEY"], undefined);
});

test("the reference of the configuration names every variable", () => {
  const page = readFileSync(join(ROOT, "docs", "reference", "configuration.md"), "utf8");
  const unnamed = [...variablesOf("api"), ...variablesOf("worker")].filter((name) => !page.includes(`\`${name}\``));
  assert.deepEqual(unnamed, []);
});
