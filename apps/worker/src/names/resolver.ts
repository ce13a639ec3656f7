import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { errorFields, type Log } from "@hafen/process";
import type { NameMemory } from "./memory.ts";
import type { Asker, FromResolver, Opening, ResolverSettings, ToResolver } from "./protocol.ts";

const MAIN = join(import.meta.dirname, "resolver-main.ts");
const RESTART_MS = 200;
const PATIENCE_MS = 2_000;
const execute = promisify(execFile);

export interface ResolverOptions {
  settings: ResolverSettings;
  /** Of its address, among those that predecessors may have left. */
  label: string;
  /** Path of the engine's network namespace; undefined: the worker's own. */
  namespace: string | undefined;
  memory: NameMemory;
  /** Lets a container reach addresses for a time. */
  open: (id: string, openings: Opening[]) => Promise<void>;
  log: Log;
}

/**
 * Keeps the resolver of this host running, and tells it who may ask what. It is a process of its own, in the engine's network namespace
 * and without rights, since it reads what containers write. While it is away containers resolve no names.
 */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #askers = new Map<string, { asker: Asker; at: number }>();
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #child: ChildProcess | undefined;
  #listening = Promise.withResolvers<void>();

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#done = this.#keep();
  }

  /** Known to it before the container's first instruction. Waits for one that is just starting, but not for ever: the rest works without. */
  async admit(asker: Asker): Promise<void> {
    this.#know(asker);
    await Promise.race([this.#listening.promise, delay(PATIENCE_MS, undefined, { ref: false })]);
  }

  /** These are all there were at `since`, on `performance.now()`'s clock: what was not admitted after it is gone. */
  sync(askers: Asker[], since: number): void {
    const macs = new Set(askers.map(({ mac }) => mac));
    for (const [mac, { at }] of this.#askers) {
      if (macs.has(mac) || at >= since) continue;
      this.#askers.delete(mac);
      this.#tell({ type: "gone", mac });
    }
    for (const asker of askers) if (!this.#askers.has(asker.mac)) this.#know(asker);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#child?.kill("SIGKILL");
    await this.#done;
    const { address } = this.#options.settings;
    await this.#inside("ip", ["address", "del", `${address}/32`, "dev", "lo"]).catch(() => {});
  }

  #know(asker: Asker): void {
    this.#askers.set(asker.mac, { asker, at: performance.now() });
    this.#tell({ type: "asker", asker });
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#run();
      } catch (error) {
        if (!signal.aborted) this.#options.log.warn(errorFields(error), "the resolver ended; starting it again");
      }
      await delay(RESTART_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Until it ends. */
  async #run(): Promise<void> {
    const { settings, label, log } = this.#options;
    await this.#inside("ip", ["address", "flush", "dev", "lo", "label", label]);
    await this.#inside("ip", ["address", "replace", `${settings.address}/32`, "dev", "lo", "label", label]);
    // Who asks is told by the kernel's table of neighbours, which otherwise keeps an address's former owner for up to a second.
    await this.#inside("sh", ["-c", "for each in /proc/sys/net/ipv4/neigh/*/locktime; do echo 0 > $each; done"]);
    if (this.#closing.signal.aborted) return;
    const [program = "", ...args] = this.#enter(process.execPath, MAIN, JSON.stringify(settings));
    // Nothing of the worker's environment: its secrets are not for a process that reads what containers write.
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe", "ipc"], env: {} });
    this.#child = child;
    let words = "";
    child.stderr?.on("data", (chunk: Buffer) => (words = (words + chunk.toString()).slice(-2_000)));
    child.on("message", (message: FromResolver) => this.#hear(child, message));
    child.on("error", () => {}); // a message to one that has just ended
    const ended = once(child, "exit");
    this.#tell({ type: "askers", askers: [...this.#askers.values()].map(({ asker }) => asker) });
    log.debug({ pid: child.pid, address: settings.address }, "resolver");
    const [code, signal] = (await ended) as [number | null, string | null];
    this.#listening = Promise.withResolvers<void>();
    throw new Error(`${signal ?? `exit code ${code}`} ${words}`);
  }

  #hear(child: ChildProcess, message: FromResolver): void {
    const { memory, log, open } = this.#options;
    if (message.type === "listening") this.#listening.resolve();
    if (message.type === "learned") memory.learned(message.id, message.name, message.addresses);
    if (message.type === "refused") memory.refused(message.id, message.name);
    if (message.type !== "open") return;
    const { call, id, openings } = message;
    open(id, openings).then(
      () => send(child, { type: "opened", call, done: true }),
      (error: unknown) => {
        log.warn({ "hafen.id": id, ...errorFields(error) }, "could not open what a name of an allow-list stands for");
        send(child, { type: "opened", call, done: false });
      },
    );
  }

  #tell(message: ToResolver): void {
    if (this.#child) send(this.#child, message);
  }

  #inside(program: string, args: string[]): Promise<unknown> {
    const [first = "", ...rest] = this.#enter(program, ...args);
    return execute(first, rest);
  }

  #enter(...command: string[]): string[] {
    const { namespace } = this.#options;
    return namespace === undefined ? command : ["nsenter", `--net=${namespace}`, "--", ...command];
  }
}

function send(child: ChildProcess, message: ToResolver): void {
  if (child.connected) child.send(message, () => {});
}
