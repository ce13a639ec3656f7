import { spawn } from "node:child_process";
import { once } from "node:events";
import Docker from "dockerode";

const LABEL = "hafen.bench";

/** The engine without Hafen: what the API is held against. Everything made here carries one label, by which it is removed. */
export interface Bare {
  docker: Docker;
  label: string;
  /** Runs the docker command; answers with what it printed. */
  cli(args: string[], input?: Buffer, env?: Record<string, string>): Promise<string>;
  /** Starts the docker command and resolves at its first byte of output. */
  cliFirstByte(args: string[]): Promise<void>;
  remove(id: string): Promise<void>;
  close(): Promise<void>;
}

export function openBare(engine: string, id: string): Bare {
  const at = new URL(engine);
  const where =
    at.protocol === "unix:"
      ? { socketPath: at.pathname }
      : { host: at.hostname, port: at.port, protocol: "http" as const };
  const docker = new Docker(where);
  const remove = (ref: string) => docker.getContainer(ref).remove({ force: true, v: true });
  const start = (args: string[], env: Record<string, string> = {}) =>
    spawn("docker", args, {
      env: { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", DOCKER_HOST: engine, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
  return {
    docker,
    label: `${LABEL}=${id}`,
    async cli(args, input, env) {
      const child = start(args, env);
      let output = "";
      let errors = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
      child.stdin.end(input);
      const [code] = (await once(child, "close")) as [number];
      if (code !== 0) throw new Error(`docker ${args.join(" ")} ended with ${code}: ${errors}`);
      return output.trim();
    },
    async cliFirstByte(args) {
      const child = start(args);
      child.stdin.end();
      const ended = once(child, "close").then(() => {
        throw new Error(`docker ${args.join(" ")} printed nothing`);
      });
      ended.catch(() => {});
      await Promise.race([once(child.stdout, "data"), ended]);
    },
    remove,
    async close() {
      const left = await docker.listContainers({ all: true, filters: JSON.stringify({ label: [`${LABEL}=${id}`] }) });
      for (const { Id } of left) await remove(Id);
    },
  };
}
