import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { assertConverges, eventually, startWorld, type World } from "../support/index.ts";
import { refusal } from "./ask.ts";

const WAIT = { waitSeconds: 60 };
const MIB = 1024 * 1024;

describe("a clone of a volume", () => {
  let world: World;
  let user: Awaited<ReturnType<World["user"]>>;
  before(async () => {
    world = await startWorld({ env: { HAFEN_CLONE_BYTES: String(3 * 1024 * MIB) } });
    user = await world.user();
  });
  after(async () => {
    await assertConverges(world);
    await world[Symbol.asyncDispose]();
  });

  async function inVolume(source: string, script: string): Promise<string> {
    await using container = await user.containers.use(
      { image: "busybox", command: ["sleep", "1000"], mounts: [{ type: "volume", source, target: "/v" }] },
      WAIT,
    );
    return (await user.containers.exec(container.id, { command: ["sh", "-c", script] })).stdout.trim();
  }
  const stat = "cd /v; find . | sort | while read f; do stat -c '%n %A %u:%g %Y %h %N' \"$f\"; done";

  test("has owners, modes, times and links as the source has them, set-uid bits and links that climb, too", async () => {
    await inVolume(
      "source",
      `cd /v; mkdir -m 2750 d; echo content > d/f; chown 1000:50 d/f; chmod 4755 d/f; ln d/f hard; ln -s ../../etc/passwd up; ln -s /v/d/f abs
       mkfifo fifo; touch -d 2001-02-03 d/f; touch -h -d 2002-03-04 up 2>/dev/null; chown 7:8 .; chmod 1777 .`,
    );
    const clone = await user.volumes.clone("source", { name: "copy", labels: { a: "b" } }, WAIT);
    assert.deepEqual([clone.state, clone.sourceId, clone.labels], ["ready", null, { a: "b" }]);
    const of = async (name: string) =>
      (await inVolume(name, stat)).replaceAll(/^(\.\/(abs|up|fifo) .*) \d{10} /gm, "$1 ");
    assert.equal(await of("copy"), await of("source"));
    await inVolume("copy", "echo changed > /v/d/f");
    assert.equal((await buffer(user.volumes.getFile("source", "/hard"))).toString(), "content\n");
    const { items } = await user.volumes.list();
    assert.equal(items.filter(({ name }) => name === "copy").length, 1);
    const events = await user.events.list({ subject: clone.id });
    assert.deepEqual(
      events.map(({ type }) => type),
      ["volume.created", "volume.copied"],
    );
  });

  test("that is not whole yet is not mounted, read, cloned; its source is not removed; it may be removed itself", async () => {
    await inVolume("large", "dd if=/dev/zero of=/v/f bs=1M count=600 2>/dev/null");
    const clone = await user.volumes.clone("large", { name: "growing" });
    const source = await user.volumes.get("large");
    assert.deepEqual([clone.state, clone.sourceId, clone.host], ["copying", source.id, source.host]);
    await refusal(
      user.containers.create({ image: "busybox", mounts: [{ type: "volume", source: "growing", target: "/v" }] }),
      "volume_copying",
    );
    await refusal(Array.fromAsync(user.volumes.getFiles("growing", "/")), "volume_copying");
    await refusal(user.volumes.putFile("growing", "/f", Buffer.from("x")), "volume_copying");
    await refusal(user.volumes.clone("growing", { name: "third" }), "volume_copying");
    assert.match((await refusal(user.volumes.remove("large"), "volume_in_use")).detail, /growing/);
    assert.equal((await user.volumes.remove("growing", WAIT)).state, "removed");
    assert.equal(await world.engine.inspectVolume(clone.id), undefined);
    assert.equal((await user.volumes.remove("large", WAIT)).state, "removed");
  });

  test("whose worker is killed in the middle is begun again, and is never ready in part", async () => {
    await inVolume(
      "big",
      "dd if=/dev/urandom of=/v/f bs=1M count=400 2>/dev/null; dd if=/dev/zero of=/v/g bs=1M count=200 2>/dev/null",
    );
    const { id } = await user.volumes.clone("big", { name: "whole" });
    await eventually("the copy is under way", async () => (await world.engine.inspectVolume(id)) !== undefined);
    await world.worker.kill();
    assert.equal((await user.volumes.get(id)).state, "copying");
    await world.worker.start();
    await eventually("it is ready", async () => (await user.volumes.get(id)).state === "ready", 120_000);
    const sums = "cd /v; md5sum f g";
    assert.equal(await inVolume("whole", sums), await inVolume("big", sums));
    for (const name of ["whole", "big"]) await user.volumes.remove(name, WAIT);
  });

  test("of one that has never been on a host is a new one, counts in the quota, and needs a name of its own", async () => {
    const tight = await world.user("tight", { volumes: 2 });
    await tight.volumes.create({ name: "a" });
    const clone = await tight.volumes.clone("a", { name: "b" });
    assert.deepEqual([clone.state, clone.sourceId, clone.host], ["pending", null, null]);
    await refusal(tight.volumes.clone("a", { name: "c" }), "quota_exceeded");
    await tight.volumes.remove("b");
    await refusal(tight.volumes.clone("a", { name: "a" }), "name_taken");
    await refusal(tight.volumes.clone("none", { name: "c" }), "volume_not_found");
  });

  test("that would be too large goes again, and says why", async () => {
    await inVolume("sparse", "truncate -s 4G /v/f || dd if=/dev/zero of=/v/f bs=1 count=1 seek=4G");
    const error = await refusal(
      user.volumes.clone("sparse", { name: "toolarge" }, { waitSeconds: 120 }),
      "file_too_large",
    );
    assert.equal(error.status, 413);
    await eventually(
      "it is gone",
      async () => (await user.volumes.get("toolarge").catch(() => undefined)) === undefined,
    );
    const [failed] = await user.events.list({ type: "volume.failed" });
    assert.equal(failed?.data["code"], "file_too_large");
  });

  test("of a source that is written all the time is as `cp -a` would have it, or says that it changes", async () => {
    await using writer = await user.containers.use(
      {
        image: "busybox",
        command: [
          "sh",
          "-c",
          "cd /v; while :; do for i in 1 2 3 4 5; do dd if=/dev/zero of=f$i bs=64k count=$i 2>/dev/null; : > f$i; rm -rf d; mkdir d; done; done",
        ],
        mounts: [{ type: "volume", source: "churning", target: "/v" }],
      },
      WAIT,
    );
    for (let round = 0; round < 5; round++) {
      const made = await user.volumes
        .clone("churning", { name: `churned${round}` }, WAIT)
        .catch((error: { code?: string }) => assert.equal(error.code, "volume_changing"));
      if (made) assert.equal(made.state, "ready");
    }
    assert.equal((await writer.refresh()).state, "running");
  });
});
