import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startWorld, type World } from "../support/index.ts";

const WAIT = { waitSeconds: 60 };
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user("frank");
});
after(() => world[Symbol.asyncDispose]());

/** Whether a TCP connection comes about, from inside the container. */
async function reaches(container: string, address: string, port: number): Promise<boolean> {
  const command = ["sh", "-c", `nc -w 2 ${address} ${port} </dev/null >/dev/null 2>&1`];
  return (await user.containers.exec(container, { command })).exitCode === 0;
}
/** The package mirror, which is a public address here too. */
const MIRROR = "203.0.113.80";

test("each policy lets out what it says, from the first instruction on", async () => {
  const command = [
    "sh",
    "-c",
    `nc -w 2 ${MIRROR} 80 </dev/null 2>/dev/null && echo out || echo closed; exec sleep 1000`,
  ];
  const made = await Promise.all(
    [
      { policy: "internet" as const },
      { policy: "none" as const },
      { policy: "allow-list" as const, allow: [`${MIRROR}:80`] },
      { policy: "allow-list" as const, allow: ["203.0.113.0/24", "203.0.113.80/32"] },
      { policy: "allow-list" as const, allow: ["198.51.100.0/24"] },
    ].map((egress) => user.containers.create({ image: "busybox", command, egress }, WAIT)),
  );
  const said = await Promise.all(
    made.map(async ({ id }) => {
      for (;;) {
        const [line] = await Array.fromAsync(user.containers.logs(id));
        if (line) return line.text;
      }
    }),
  );
  assert.deepEqual(said, ["out", "closed", "out", "out", "closed"]);
  assert.ok(!(await reaches(made[2]?.id ?? "", MIRROR, 443)));
  await user.containers.restart(made[1]?.id ?? "", { graceSeconds: 0 }, WAIT);
  assert.ok(!(await reaches(made[1]?.id ?? "", MIRROR, 80)));
  await world.worker.kill();
  await world.worker.start();
  assert.ok(await reaches(made[0]?.id ?? "", MIRROR, 80));
  assert.ok(!(await reaches(made[1]?.id ?? "", MIRROR, 80)));
});
