import { spawn } from "node:child_process";
import { once } from "node:events";
import { insideOf } from "@hafen/infra/testing";
import { requireEnv } from "./environment.ts";
import { eventually } from "./eventually.ts";

/** The two real registries of this test run: one that lets everybody in, and one for `login` alone. */
export function testRegistries() {
  const { host: guarded, username, password } = new URL(requireEnv("HAFEN_TEST_GUARDED_REGISTRY"));
  return { open: requireEnv("HAFEN_TEST_REGISTRY"), guarded, login: { username, password } };
}

/** A registry that keeps what it is sent and gives nothing; it says back to the client what it was shown. */
export interface FakeRegistry extends AsyncDisposable {
  host: string;
  /** Every request so far, its headers too. */
  received(): string;
}

export async function openFakeRegistry(): Promise<FakeRegistry> {
  const main = new URL("fake-registry-main.ts", import.meta.url).pathname;
  const [program, ...args] = [...insideOf(requireEnv("HAFEN_TEST_ENGINE")), process.execPath, main];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const port = () => /^port (\d+)$/m.exec(text)?.[1];
  await eventually("the fake registry listens", () => port() !== undefined);
  return {
    host: `127.0.0.1:${port()}`,
    received: () => text,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}
