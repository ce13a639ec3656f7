import type { AttachOptions, EngineId, ExecSpec, Session } from "../engine.ts";
import { EngineError } from "../error.ts";
import { openJournal } from "./journal.ts";
import { type Output, type Process, startProcess } from "./process.ts";
import { type Container, fileView, getContainer, type World } from "./world.ts";

export function exec(world: World, id: EngineId, spec: ExecSpec): Session {
  const container = getContainer(world, id);
  if (!container.process) throw new EngineError("conflict", `container ${id} is not running`);
  const process = startProcess(spec.command, fileView(world, container));
  // Whatever runs in a container ends with it.
  void container.ended.then(() => process.signal("SIGKILL"));
  if (!spec.stdin) process.stdin.close();
  const kill = async () => (process.signal("SIGKILL"), void (await process.exitCode));
  return session(process, (signal) => process.output.follow(0, signal), spec.tty, spec.stdin, kill);
}

export function attach(world: World, id: EngineId, { tty, stdin, backlog }: AttachOptions): Session {
  const container = getContainer(world, id);
  const process = container.process ?? ended(container);
  const from = backlog ? 0 : process.output.entries.length;
  const leaving = new AbortController();
  const output = (signal: AbortSignal) => process.output.follow(from, AbortSignal.any([signal, leaving.signal]));
  return session(process, output, tty, stdin && container.spec.openStdin, async () => leaving.abort());
}

function ended({ log, info }: Container): Process {
  const output = openJournal<Output>();
  for (const { stream, data } of log) output.push({ stream, data });
  output.close();
  return { output, stdin: openJournal(), signal: () => {}, end: () => {}, exitCode: Promise.resolve(info.exitCode ?? 0) };
}

function session(
  process: Process,
  output: (signal: AbortSignal) => AsyncIterable<Output>,
  tty: boolean,
  stdin: boolean,
  kill: () => Promise<void>,
): Session {
  const leaving = new AbortController();
  let inputOpen = true;
  return {
    output: tty ? asTty(output(leaving.signal)) : output(leaving.signal),
    async write(data) {
      if (!inputOpen || leaving.signal.aborted) throw new EngineError("conflict", "its input is closed");
      if (stdin) process.stdin.push(Uint8Array.from(data));
    },
    end() {
      inputOpen = false;
      if (stdin) process.stdin.close();
    },
    resize: async () => {},
    exitCode: async () => (leaving.signal.aborted ? undefined : process.exitCode),
    kill,
    close: () => leaving.abort(),
  };
}

async function* asTty(output: AsyncIterable<Output>): AsyncGenerator<Output, void, undefined> {
  for await (const { data } of output) yield { stream: "stdout", data: Buffer.from(Buffer.from(data).toString().replaceAll("\n", "\r\n")) };
}
