import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { EngineError } from "@hafen/engine/error";

const TIMEOUT_MS = 10_000;

/** The packet filter of one network namespace; undefined: the worker's own. */
export interface Nft {
  /** All of it or nothing. @throws EngineError `unavailable` with nft's own words. */
  load(script: string): Promise<void>;
  /** What `nft <args>` prints; undefined when what it asks for is not there. */
  list(...args: string[]): Promise<string | undefined>;
}

export function openNft(namespace: string | undefined): Nft {
  const enter = namespace === undefined ? [] : ["nsenter", `--net=/run/netns/${namespace}`, "--"];
  return {
    async load(script) {
      const [program, ...args] = [...enter, "nft", "-f", "-"];
      const child = spawn(program, args, { stdio: ["pipe", "ignore", "pipe"], timeout: TIMEOUT_MS });
      let said = "";
      child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString().slice(0, 2_000 - said.length)));
      child.stdin.on("error", () => {}); // its end tells
      child.stdin.end(script);
      const [code] = await once(child, "close").catch((cause: unknown) => {
        throw new EngineError("unavailable", `the packet filter cannot be set: ${String(cause)}`, { cause });
      });
      if (code !== 0) throw new EngineError("unavailable", `the packet filter cannot be set: ${said.trim()}`);
    },
    async list(...args) {
      const [program = "", ...all] = [...enter, "nft", ...args];
      const options = { timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 ** 2 };
      return promisify(execFile)(program, all, options).then(
        ({ stdout }) => stdout,
        () => undefined,
      );
    },
  };
}
