import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, searchPath } from "../services/command.ts";
import { until } from "../services/until.ts";
import { insideOf } from "./namespace.ts";

const START_TIMEOUT_MS = 20_000;

/** Debian's docker-registry, for one engine: on 127.0.0.1 of its namespace, where dockerd asks for no TLS. */
export interface TestRegistry extends AsyncDisposable {
  /** As in a reference: `127.0.0.1:port`. */
  host: string;
}

/** With a login it answers to nobody else. */
export async function openRegistry(
  engine: string,
  login?: { username: string; password: string },
): Promise<TestRegistry> {
  const home = await mkdtemp(join(tmpdir(), "hafen-registry-"));
  const passwords = join(home, "htpasswd");
  if (login) await writeFile(passwords, `${login.username}:${await bcrypt(login.password)}\n`);
  const config = {
    version: "0.1",
    log: { level: "info", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(home, "data") }, delete: { enabled: true } },
    http: { addr: "127.0.0.1:0" },
    ...(login && { auth: { htpasswd: { realm: "test", path: passwords } } }),
  };
  const file = join(home, "config.yml"); // JSON is YAML
  await writeFile(file, JSON.stringify(config));

  const [program, ...args] = [...insideOf(engine), "docker-registry", "serve", file];
  const child = spawn(program, args, {
    env: { PATH: searchPath(process.env), OTEL_TRACES_EXPORTER: "none" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const host = () => /listening on (127\.0\.0\.1:\d+)/.exec(text)?.[1];
  await until(async () => host() !== undefined || child.exitCode !== null, START_TIMEOUT_MS);
  const found = host();
  if (found === undefined) throw new Error(`docker-registry did not start:\n${text}`);
  return {
    host: found,
    async [Symbol.asyncDispose]() {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
      child.kill("SIGKILL");
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The only form that docker-registry takes. Perl is part of every Debian, and its crypt() is the system's. */
async function bcrypt(password: string): Promise<string> {
  const program =
    'print crypt($ARGV[0], q($2y$04$) . join "", map { (".", "/", "A".."Z", "a".."z", 0..9)[rand 64] } 1..22)';
  return run("perl", ["-e", program, password]);
}
