import type { AttachOptions, EngineId, ExecSession, ExecSpec, Session } from "../engine.ts";
import { EngineError } from "../error.ts";
import { openJournal } from "./journal.ts";
import { type Output, type Process, startProcess } from "./process.ts";
import { type Container, fileView, getContainer, type World } from "./world.ts";

export function exec(world: World, id: EngineId, spec: ExecSpec): ExecSession {
  const container = getContainer(world, id);
  if (!container.process) throw new EngineError("conflict", `container ${id} is not running`);
  if (container.info.state === "paused") throw new EngineError("conflict", `container ${id} is paused`);
  const process = startProcess(spec.command, fileView(world, container));
  // Whatever runs in a container ends with it.
  void container.ended.then(() => process.signal("SIGKILL"));
  if (!spec.stdin) process.stdin.close();
  return {
    ...session(process, {
      ...spec,
      from: 0,
      end: () => process.stdin.close(),
      kill: async () => (process.signal("SIGKILL"), void (await process.exitCode)),
    }),
    signal: async (name) => process.signal(name),
    account: async () => undefined,
  };
}

export function attach(world: World, id: EngineId, { tty, stdin, backlog }: AttachOptions): Session {
  const container = getContainer(world, id);
  const process = container.process ?? (backlog ? ended(container) : nextRun(container));
  return session(process, {
    tty,
    stdin: stdin && container.spec.openStdin,
    from: backlog ? 0 : process.output.entries.length,
    ...(container.spec.stdinOnce && { end: () => process.stdin.close() }),
  });
}

function ended({ log, info }: Container): Process {
  const output = openJournal<Output>();
  for (const { stream, data } of log) output.push({ stream, data });
  output.close();
  return {
    output,
    stdin: openJournal(),
    signal: () => {},
    end: () => {},
    exitCode: Promise.resolve(info.exitCode ?? 0),
  };
}

/** Stands for the process of its next start. */
function nextRun({ waiting }: Container): Process {
  const [output, stdin] = [openJournal<Output>(), openJournal<Uint8Array>()];
  const { promise, resolve } = Promise.withResolvers<Process>();
  waiting.add(resolve);
  void promise.then(async (process) => {
    void (async () => {
      for await (const data of stdin.follow(0)) process.stdin.push(data);
      process.stdin.close();
    })();
    for await (const each of process.output.follow(0)) output.push(each);
    output.close();
  });
  return { output, stdin, signal: () => {}, end: () => {}, exitCode: promise.then(({ exitCode }) => exitCode) };
}

interface Shape {
  tty: boolean;
  stdin: boolean;
  /** Output before this is not sent. */
  from: number;
  /** What the end of its input and a kill do; both only leave when undefined, as an attach does. */
  end?: () => void;
  kill?: () => Promise<void>;
}

function session(process: Process, { tty, stdin, from, end, kill }: Shape): Session {
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  const output = process.output.follow(from, leaving.signal);
  let inputOpen = true;
  return {
    output: tty ? asTty(output) : output,
    async write(data) {
      if (!inputOpen || leaving.signal.aborted) throw new EngineError("conflict", "its input is closed");
      if (stdin) process.stdin.push(Uint8Array.from(data));
    },
    end() {
      inputOpen = false;
      if (stdin) (end ?? leave)();
    },
    resize: async () => {},
    exitCode: async () => (leaving.signal.aborted ? undefined : process.exitCode),
    kill: kill ?? (async () => leave()),
    close: leave,
  };
}

async function* asTty(output: AsyncIterable<Output>): AsyncGenerator<Output, void, undefined> {
  for await (const { data } of output)
    yield { stream: "stdout", data: Buffer.from(Buffer.from(data).toString().replaceAll("\n", "\r\n")) };
}
