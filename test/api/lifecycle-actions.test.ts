import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ACTIONS, STATES, statesFor, USES, type Action, type State, type Use } from "@hafen/contract";
import { HafenError } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { refusal } from "./ask.ts";

const WAIT = { waitSeconds: 60 };
const SLEEP = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"];
const QUOTA = { containers: 1000, running: 500, cpus: 500, memoryBytes: 512 * 1024 ** 3 };

let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user("lifecycle", QUOTA);
});
after(() => world[Symbol.asyncDispose]());

const make = async (body: object) =>
  (await user.containers.create({ image: "busybox", command: SLEEP, ...body }, WAIT)).id;

/** Brings a container of its own into each state that requests and its own end can reach. */
const REACH: Partial<Record<State, () => Promise<string>>> = {
  created: () => make({ start: false }),
  running: () => make({}),
  paused: async () => (await user.containers.pause(await make({}), WAIT)).id,
  // As if it had crashed so often that its next start is far away.
  restarting: async () => {
    const id = await make({ command: ["false"], restart: { policy: "always" } });
    await eventually("it waits long", async () => {
      const { count } = await world.database
        .sql`update containers set restart_at = now() + interval '1 hour' where id = ${id} and state = 'restarting'`;
      return count === 1;
    });
    return id;
  },
  exited: async () => {
    const id = await make({ command: ["true"] });
    await user.containers.wait(id);
    return id;
  },
  failed: () => make({ user: "nobody-knows" }),
};
/** Reached only while no worker is there to move it on. */
const REACH_ALONE: Partial<Record<State, () => Promise<string>>> = {
  pending: async () => (await user.containers.create({ image: "busybox", command: SLEEP })).id,
  removing: async () => {
    const { id } = await user.containers.create({ image: "busybox", command: SLEEP });
    return (await user.containers.remove(id, { force: true })).id;
  },
  lost: async () => {
    const { id } = await user.containers.create({ image: "busybox", command: SLEEP });
    await world.database
      .sql`update containers set state = 'lost', failure = '{"code":"host_lost","detail":""}' where id = ${id}`;
    return id;
  },
};

type Answer = { state: State } | object;
type Call = (id: string, wait: { waitSeconds?: number }) => Promise<Answer>;
const CALLS = {
  start: (id, wait) => user.containers.start(id, wait),
  stop: (id, wait) => user.containers.stop(id, { graceSeconds: 5 }, wait),
  kill: (id, wait) => user.containers.kill(id, {}, wait),
  restart: (id, wait) => user.containers.restart(id, { graceSeconds: 5 }, wait),
  pause: (id, wait) => user.containers.pause(id, wait),
  unpause: (id, wait) => user.containers.unpause(id, wait),
  remove: (id, wait) => user.containers.remove(id, wait),
  forceRemove: (id, wait) => user.containers.remove(id, { ...wait, force: true }),
} satisfies Record<Action, Call>;
const USE_CALLS = {
  exec: (id) => user.containers.exec(id, { command: ["true"] }),
  files: async (id) => ({ bytes: (await Array.fromAsync(user.containers.getFiles(id, "/bin/sh"))).length }),
  changes: (id) => user.containers.changes(id),
  commit: (id) => user.containers.commit(id),
  connect: (id) => knock(id),
  export: async (id) => ({ bytes: (await Array.fromAsync(user.containers.export(id))).length }),
  isolation: (id) => user.containers.isolation(id),
  stats: (id) => user.containers.statsOnce(id),
  top: (id) => user.containers.top(id),
  update: (id, wait) => user.containers.update(id, { limits: { pids: 99 } }, wait),
  rename: (id, wait) => user.containers.rename(id, `renamed-${id.slice(-12)}`, wait),
} satisfies Partial<Record<Use, Call>>;
/** Nothing listens there, which is another refusal than that of a wrong state. */
async function knock(id: string): Promise<object> {
  try {
    const connection = await user.containers.connect(id, 80);
    connection.close();
  } catch (error) {
    if (!(error instanceof HafenError) || error.code !== "port_unreachable") throw error;
  }
  return {};
}
/** Held against the table by its own tests. */
const ELSEWHERE = ["attach"];

/** What a container becomes whose process ends, or goes on to crash, by itself. */
const PASSES: Partial<Record<State, readonly State[]>> = {
  exited: ["running", "exited"],
  restarting: ["running", "restarting"],
};

async function check(state: State, id: string, asked: Action | Use, act: Call, wait: { waitSeconds?: number }) {
  assert.equal((await user.containers.get(id)).state, state);
  const isAction = asked in ACTIONS;
  const again: readonly State[] = isAction ? ACTIONS[asked as Action].again : [];
  if ([...statesFor(asked), ...again].includes(state)) {
    const answer = await act(id, wait);
    if (!isAction || wait.waitSeconds === undefined || !("state" in answer)) return;
    const to = ACTIONS[asked as Action].to;
    const wanted = to === "running" ? (PASSES[state] ?? [to]) : [to];
    assert.ok(wanted.includes(answer.state), `${asked} in ${state} led to ${answer.state}`);
  } else {
    const error = await refusal(act(id, wait), "container_wrong_state");
    assert.equal(error.status, 409);
    assert.deepEqual(error.states, [...statesFor(asked)]);
    const now = (await user.containers.get(id)).state;
    assert.ok(now === state || PASSES[state]?.includes(now), "a refused request changes nothing");
  }
}

describe("what may be asked in which state", () => {
  const calls = Object.entries({ ...CALLS, ...USE_CALLS }) as [Action | Use, Call][];

  test("every request of the table is tried, in every state that there is", () => {
    const asked = Object.keys({ ...ACTIONS, ...USES });
    assert.deepEqual(
      asked.filter((each) => !calls.some(([name]) => name === each) && !ELSEWHERE.includes(each)),
      [],
    );
    const reached = Object.keys({ ...REACH, ...REACH_ALONE, removed: true });
    assert.deepEqual(reached.toSorted(), [...STATES].toSorted());
  });

  const describeWhat = (asked: Action | Use, state: State) => {
    const again: readonly State[] = asked in ACTIONS ? ACTIONS[asked as Action].again : [];
    if (again.includes(state)) return "is fulfilled already";
    return statesFor(asked).includes(state) ? "is accepted" : "is refused with the states that allow it";
  };
  for (const [state, reach] of Object.entries(REACH) as [State, () => Promise<string>][]) {
    for (const [asked, act] of calls) {
      test(`${asked} of a container that is ${state} ${describeWhat(asked, state)}`, async () => {
        const id = await reach();
        await check(state, id, asked, act, WAIT);
        await user.containers.remove(id, { force: true }).catch(() => {});
      });
    }
  }

  test("while its host is away: pending, removing and lost allow what needs no host", async (t) => {
    await world.worker.kill();
    // Asks the lease to run out, so that what needs the host is told so at once.
    for (const [state, reach] of Object.entries(REACH_ALONE) as [State, () => Promise<string>][]) {
      for (const [asked, act] of calls) {
        await t.test(`${asked} of a container that is ${state} ${describeWhat(asked, state)}`, async () =>
          check(state, await reach(), asked, act, {}),
        );
      }
    }
    await world.worker.start();
  });

  test("a removed container is not there to be asked anything", async () => {
    const id = await make({});
    await user.containers.remove(id, { force: true, ...WAIT });
    for (const [, act] of calls) await refusal(act(id, {}), "container_not_found");
  });
});
