import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertConverges, eventually, importDebian, startWorld, type World } from "../support/index.ts";
import { refusal } from "./ask.ts";

const WAIT = { waitSeconds: 60 };
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  await importDebian(world.admin);
  user = await world.user();
});
after(() => world[Symbol.asyncDispose]());

type Body = Parameters<typeof user.containers.create>[0];
const image = "debian:bookworm";
async function run(script: string, body: Partial<Body> = {}): Promise<string> {
  await using container = await user.containers.use({ image, command: ["sh", "-c", script], ...body }, WAIT);
  await container.wait();
  return (await Array.fromAsync(container.logs())).map(({ text }) => text).join("\n");
}

test("the volume chapter of a Docker introduction, over the API", async () => {
  const { id } = await user.containers.create(
    {
      image,
      name: "volumetest",
      command: ["/bin/bash"],
      tty: true,
      openStdin: true,
      mounts: [{ type: "volume", target: "/data" }],
    },
    WAIT,
  );
  const terminal = await user.containers.attach(id);
  await terminal.write("echo written in volumetest > /data/file; exit\n");
  await user.containers.wait(id);
  const { mounts, state } = await user.containers.get("volumetest");
  const [mount] = mounts;
  assert.deepEqual([state, mounts.length, mount?.type, mount?.target], ["exited", 1, "volume", "/data"]);
  assert.equal(mount?.volume?.anonymous, true);
  const volume = mount?.volume?.id ?? "";

  const from = { volumesFrom: ["volumetest"] };
  assert.equal(await run("cat /data/file", from), "written in volumetest", "from a stopped one");
  await user.containers.start(id, WAIT);
  assert.equal(await run("cat /data/file; echo through another >> /data/file", from), "written in volumetest");
  assert.match(await run("touch /data/no 2>&1", { volumesFrom: ["volumetest:ro"] }), /Read-only file system/);
  const exec = async () => (await user.containers.exec(id, { command: ["cat", "/data/file"] })).stdout;
  assert.equal(await exec(), "written in volumetest\nthrough another\n");

  await user.containers.stop(id, { graceSeconds: 0 }, WAIT);
  await world.worker.kill();
  await world.worker.start();
  await user.containers.start(id, WAIT);
  await eventually("it is reached again", () =>
    exec().then(
      (text) => text.endsWith("another\n"),
      () => false,
    ),
  );

  await refusal(user.volumes.remove(volume), "volume_in_use");
  await user.containers.remove(id, { force: true, ...WAIT });
  assert.equal((await user.volumes.get(volume)).state, "ready", "rm keeps it");
  assert.equal(
    await run("head -n1 /data/file", { mounts: [{ type: "volume", source: volume, target: "/data" }] }),
    "written in volumetest",
  );
  assert.equal((await user.volumes.remove(volume, WAIT)).state, "removed");
  await assertConverges(world);
});

test("VOLUME in a Dockerfile, names, and paths of the virtual host tree", async () => {
  const dockerfile = `FROM ${image}\nRUN mkdir /data && echo from the image > /data/file\nVOLUME /data\n`;
  assert.equal((await user.builds.createFromFiles({ dockerfile }, { tag: "withvolume", ...WAIT })).state, "succeeded");
  const sleeping = { command: ["sleep", "1000"] };
  const first = await user.containers.create({ image: "withvolume", ...sleeping }, WAIT);
  const second = await user.containers.create({ image, ...sleeping, volumesFrom: [first.id] }, WAIT);
  await user.containers.remove(first.id, { force: true, volumes: true, ...WAIT });
  assert.equal((await user.containers.exec(second.id, { command: ["cat", "/data/file"] })).stdout, "from the image\n");
  await user.containers.remove(second.id, { force: true, volumes: true, ...WAIT });
  await eventually("the anonymous volume is gone", async () => (await user.volumes.list()).items.length === 0);

  const named = (readOnly: boolean) => ({
    mounts: [
      { type: "volume" as const, source: "name", target: "/data", readOnly },
      { type: "host" as const, source: "/home/frank/cdata", target: "/home", readOnly },
    ],
  });
  await run("echo named > /data/file; echo path > /home/file", named(false));
  const script = "cat /data/file /home/file; for d in /data /home; do touch $d/x 2>/dev/null || echo $d is fixed; done";
  assert.equal(await run(script, named(true)), "named\npath\n/data is fixed\n/home is fixed");
  const names = (await user.volumes.list()).items.map(({ name }) => name).toSorted();
  assert.deepEqual(names, ["/home/frank/cdata", "name"]);
  for (const name of names) assert.equal((await user.volumes.remove(name, WAIT)).state, "removed");
});
