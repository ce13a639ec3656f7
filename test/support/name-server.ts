import { execFile, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { getServers } from "node:dns";
import { once } from "node:events";
import { promisify } from "node:util";
import { insideOf } from "@hafen/infra/testing";
import { requireEnv } from "./environment.ts";
import { eventually } from "./eventually.ts";

/** A real name server of the world outside, whose owner means no good: `name-server-main.ts` says which names it has. */
export interface NameServer extends AsyncDisposable {
  /** For HAFEN_RESOLVERS: it, and the machine's own. */
  resolvers: string;
  /** The names it was asked for so far. */
  asked(): string[];
}

export async function openNameServer(): Promise<NameServer> {
  const main = new URL("name-server-main.ts", import.meta.url).pathname;
  const [upstream = ""] = getServers();
  // Of the range for benchmarks (RFC 2544), on the loopback of the engine's network.
  const address = `198.18.${randomInt(256)}.${randomInt(1, 255)}`;
  const inside = (...command: string[]) => [...insideOf(requireEnv("HAFEN_TEST_ENGINE")), ...command];
  const ip = async (action: string) => {
    const [first = "", ...rest] = inside("ip", "address", action, `${address}/32`, "dev", "lo");
    await promisify(execFile)(first, rest);
  };
  await ip("add");
  const [program = "", ...args] = inside(process.execPath, main, address, upstream);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await eventually("the name server listens", () => /^ready$/m.test(text));
  return {
    resolvers: [address, ...getServers()].join(),
    asked: () => [...text.matchAll(/^asked (.*)$/gm)].map(([, name = ""]) => name),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      await ip("del");
    },
  };
}
