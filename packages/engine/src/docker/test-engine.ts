import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createReadStream, existsSync, rmdirSync } from "node:fs";
import type { Opened, Step } from "../conformance/subject.ts";
import { openDocker } from "./driver.ts";

/** The engine the tests run on. Missing is a failure: a skipped conformance suite proves nothing. */
export function testEngineHost(): string {
  return required("HAFEN_TEST_ENGINE");
}

export async function openTestEngine(): Promise<Opened> {
  const secretsDirectory = `/run/hafen-conformance-${randomBytes(4).toString("hex")}`;
  const engine = openDocker(testEngineHost(), { secretsDirectory });
  const image = await engine.importImage(createReadStream(required("HAFEN_TEST_BUSYBOX_TAR")), {
    changes: ['CMD ["sleep","1000"]'],
  });
  const close = async () => {
    await engine.close();
    if (!existsSync(secretsDirectory)) return;
    execFileSync("umount", [secretsDirectory]);
    rmdirSync(secretsDirectory);
  };
  return { engine, image, script: shell, registries: testRegistries(), close };
}

function testRegistries(): Opened["registries"] {
  const { host, username, password } = new URL(required("HAFEN_TEST_GUARDED_REGISTRY"));
  return { open: required("HAFEN_TEST_REGISTRY"), guarded: host, login: { username, password }, absent: "127.0.0.1:9" };
}

export function shell(steps: Step[]): string[] {
  return ["sh", "-c", steps.map(statement).join("\n")];
}

function statement([name, ...values]: Step): string {
  const quoted = values.map((value) => `'${String(value).replaceAll("'", "'\\''")}'`);
  switch (name) {
    case "print":
      return `echo ${quoted[0]}`;
    case "print-error":
      return `echo ${quoted[0]} >&2`;
    case "read":
      return `cat ${quoted[0]}`;
    case "write":
      return `printf %s ${quoted[1]} > ${quoted[0]}`;
    case "ignore-term":
      return "trap '' TERM";
    case "sleep":
      return "sleep 1000";
    case "exit":
      return `exit ${values[0]}`;
    case "cat":
      return "cat";
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: this suite needs an engine of its own (unix:///path) and a tar of busybox`);
}
