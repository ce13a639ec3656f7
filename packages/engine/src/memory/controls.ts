import type { Engine, EngineId, Op } from "../engine.ts";
import { EngineError, type EngineErrorKind } from "../error.ts";
import { emit, getContainer, type World } from "./world.ts";

export interface Controls {
  /** Every call so far, oldest first. */
  readonly calls: readonly { name: keyof Engine; args: readonly unknown[] }[];
  /** The next call of this name fails, without any effect. Repeat for more. */
  fail(nextCall: keyof Engine, kind: EngineErrorKind): void;
  /** The container's process ends by itself, or by the kernel for memory. */
  die(id: EngineId, exitCode: number, options?: { oom?: boolean }): Promise<void>;
  /** The container is gone as if somebody had removed it behind our back; no event tells. */
  vanish(id: EngineId): void;
}

const STREAMS: ReadonlySet<string> = new Set(["events", "logs", "stats", "buildImage", "pullImage", "pushImage"]);

/** Puts the log of calls, planned failures and the caller's abort in front of every call. */
export function instrument(engine: Engine, world: World): Engine & Controls {
  const calls: { name: keyof Engine; args: readonly unknown[] }[] = [];
  const planned: { name: string; kind: EngineErrorKind }[] = [];
  const before = (name: string, args: readonly unknown[]) => {
    const index = planned.findIndex((plan) => plan.name === name);
    const [plan] = index === -1 ? [] : planned.splice(index, 1);
    if (plan) throw new EngineError(plan.kind, `${name}: fails as planned`);
    const last = args.at(-1) as Op | undefined;
    if (last?.signal?.aborted && name !== "events") throw new EngineError("aborted", `${name}: aborted`);
  };
  const wrapped = Object.entries(engine).map(([name, method]: [string, (...args: unknown[]) => unknown]) => {
    async function* streamed(args: unknown[]) {
      before(name, args);
      yield* method(...args) as AsyncIterable<unknown>;
    }
    async function called(args: unknown[]) {
      before(name, args);
      return method(...args);
    }
    const instrumented = (...args: unknown[]) => {
      calls.push({ name: name as keyof Engine, args });
      return STREAMS.has(name) ? streamed(args) : called(args);
    };
    return [name, instrumented];
  });
  return {
    ...(Object.fromEntries(wrapped) as unknown as Engine),
    calls,
    fail: (name, kind) => void planned.push({ name, kind }),
    async die(id, exitCode, { oom = false } = {}) {
      const container = getContainer(world, id);
      if (oom) emit(world, "oom", container);
      container.info.oomKilled = oom;
      container.process?.end(exitCode);
      await container.ended;
    },
    vanish(id) {
      const { info, process } = getContainer(world, id);
      world.containers.delete(info.id);
      process?.end(137);
    },
  };
}
