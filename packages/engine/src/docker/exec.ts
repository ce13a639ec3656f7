import { setTimeout as delay } from "node:timers/promises";
import type { Exec } from "dockerode";
import type { EngineId, ExecSession, ExecSpec, Op } from "../engine.ts";
import { EngineError } from "../error.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { type ExecCgroup, openExecCgroup } from "./cgroup/exec.ts";
import { findCgroup } from "./cgroup/find.ts";
import { checkedName, type Client } from "./client.ts";
import { absent, requireContainer } from "./containers.ts";
import { STARTING } from "./errors.ts";
import { belongsTo, killTree, signal } from "./process-tree.ts";
import { openSession } from "./session.ts";

/** A command that is not in the image is no failure here: as with Docker it prints why and exits with 126 or 127. */
export async function exec(client: Client, id: EngineId, spec: ExecSpec, op?: Op): Promise<ExecSession> {
  const what = `exec in ${id}`;
  const options = {
    Cmd: spec.command,
    Env: spec.env,
    ...(spec.workingDir !== undefined && { WorkingDir: spec.workingDir }),
    ...(spec.user !== undefined && { User: spec.user }),
    Tty: spec.tty,
    AttachStdin: spec.stdin,
    AttachStdout: true,
    AttachStderr: true,
    Privileged: false,
  };
  const [made, container] = await Promise.all([
    call(
      what,
      DEADLINES_MS.change,
      op,
      (abortSignal) => client.docker.getContainer(checkedName(id)).exec({ ...options, abortSignal }),
      STARTING,
    ),
    findCgroup(client, id, op),
  ]);
  const cgroup = container && openExecCgroup(container, made.id, () => pidOf(made, what));
  const start = (abortSignal: AbortSignal) => made.start({ hijack: true, stdin: true, Tty: spec.tty, abortSignal });
  const socket = await call(what, DEADLINES_MS.open, op, start, STARTING).catch((error: unknown) => {
    cgroup?.close();
    throw error;
  });
  let code: number | undefined;
  const session = openSession(socket, {
    what,
    tty: spec.tty,
    async resize(columns, rows) {
      await call(`resize ${what}`, DEADLINES_MS.ask, undefined, (abortSignal) =>
        made.resize({ w: columns, h: rows, abortSignal }),
      );
    },
    exitCode: async (left) => (code = await ended(made, what, left)),
    kill: () => kill(client, id, { made, cgroup, what }),
  });
  return {
    ...session,
    signal: (name) => signalOwn(client, id, { made, what }, name),
    account: async () => cgroup?.account(code),
    close() {
      session.close();
      cgroup?.close();
    },
  };
}

interface Started {
  made: Exec;
  what: string;
}
interface ExecState {
  running: boolean;
  exitCode: number | undefined;
  pid: number;
}

async function stateOf(made: Exec, what: string): Promise<ExecState | undefined> {
  const found = await call(`inspect ${what}`, DEADLINES_MS.ask, undefined, (abortSignal) =>
    made.inspect({ abortSignal }).catch(absent),
  );
  return found && { running: found.Running, exitCode: found.ExitCode ?? undefined, pid: found.Pid };
}

/** 0 until its process is there, undefined once it has ended. */
async function pidOf(made: Exec, what: string): Promise<number | undefined> {
  const state = await stateOf(made, what);
  if (!state || (!state.running && state.exitCode !== undefined)) return undefined;
  return state.pid;
}

/** The exit code follows the end of the output by some milliseconds, or much later when the process only closed it. */
async function ended(made: Exec, what: string, left: () => boolean): Promise<number | undefined> {
  for await (const state of states(made, what)) {
    if (!state) return undefined;
    if (!state.running && state.exitCode !== undefined) return state.exitCode;
    if (left()) return undefined;
  }
  return undefined;
}

/** dockerd has no wait for an exec: asks again at growing intervals. */
async function* states(made: Exec, what: string): AsyncGenerator<ExecState | undefined, void, undefined> {
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    yield await stateOf(made, what);
    await delay(pauseMs);
  }
}

/** With its cgroup also what nobody is the parent of any more, and what its own process has left behind. */
async function kill(
  client: Client,
  id: EngineId,
  { made, cgroup, what }: Started & { cgroup: ExecCgroup | undefined },
): Promise<void> {
  const container = await requireContainer(client, id);
  for await (const state of states(made, what)) {
    if (await cgroup?.kill()) return;
    // Until the process is there it has neither a pid nor an exit code.
    if (!state || (!state.running && state.exitCode !== undefined)) return;
    if (state.pid === 0) continue;
    if (await killTree(state.pid, container.Id)) return;
    const now = await stateOf(made, what);
    if (now?.running)
      throw new EngineError("unavailable", `kill ${what}: its process is not visible from this machine`);
    return;
  }
}

async function signalOwn(client: Client, id: EngineId, { made, what }: Started, name: string): Promise<void> {
  const container = await requireContainer(client, id);
  for await (const state of states(made, what)) {
    if (!state || (!state.running && state.exitCode !== undefined)) return;
    if (state.pid === 0) continue;
    if (await belongsTo(state.pid, container.Id)) return signal(state.pid, name as NodeJS.Signals);
    const now = await stateOf(made, what);
    if (now?.running)
      throw new EngineError("unavailable", `signal ${what}: its process is not visible from this machine`);
    return;
  }
}
