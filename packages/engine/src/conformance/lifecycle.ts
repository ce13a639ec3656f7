import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { collect, ended, isKind, type Subject } from "./subject.ts";
import { once } from "../tar.ts";

const ABSENT = "hafen-conformance-absent";

export function lifecycleTests(get: () => Subject): void {
  describe("lifecycle", () => {
    test("a container is created, runs and keeps its exit code", async () => {
      const { engine, create } = get();
      const id = await create([["sleep"]]);
      const created = await engine.inspectContainer(id);
      assert.deepEqual(
        [created?.state, created?.exitCode, created?.startedAt, created?.pid],
        ["created", undefined, undefined, 0],
      );
      await engine.startContainer(id);
      const running = await engine.inspectContainer(id);
      assert.equal(running?.state, "running");
      assert.ok(running?.startedAt && running.pid > 0);
      await engine.stopContainer(id, { graceSeconds: 10 });
      const exited = await engine.inspectContainer(id);
      assert.deepEqual([exited?.state, exited?.exitCode, exited?.oomKilled, exited?.pid], ["exited", 143, false, 0]);
      assert.ok(exited?.finishedAt);
    });

    test("the exit code of a command is the container's", async () => {
      const { engine, run } = get();
      const id = await run([
        ["print", "x"],
        ["exit", 3],
      ]);
      assert.equal((await engine.inspectContainer(id))?.exitCode, 3);
    });

    test("a command that the image does not have ends with 127", async () => {
      const { engine, run } = get();
      const id = await run([], { command: ["hafen-no-such-command"] });
      assert.equal((await engine.inspectContainer(id))?.exitCode, 127);
    });

    test("creating a name again gives the same container", async () => {
      const { engine, spec } = get();
      const wanted = spec([["sleep"]]);
      assert.equal(await engine.createContainer(wanted), await engine.createContainer(wanted));
      const ids = await Promise.all([engine.createContainer(wanted), engine.createContainer(wanted)]);
      assert.equal(ids[0], ids[1]);
    });

    test("start, stop and remove may be repeated", async () => {
      const { engine, create } = get();
      const id = await create([["sleep"]]);
      await engine.startContainer(id);
      const first = await engine.inspectContainer(id);
      await engine.startContainer(id);
      assert.equal((await engine.inspectContainer(id))?.startedAt, first?.startedAt);
      await engine.stopContainer(id, { graceSeconds: 5 });
      await engine.stopContainer(id, { graceSeconds: 5 });
      await engine.startContainer(id);
      assert.notEqual((await engine.inspectContainer(id))?.startedAt, first?.startedAt);
      await engine.removeContainer(id);
      await engine.removeContainer(id);
      assert.equal(await engine.inspectContainer(id), undefined);
    });

    test("removals at the same time all succeed", async () => {
      const { engine, create } = get();
      const id = await create([["sleep"]]);
      await engine.startContainer(id);
      await Promise.all(Array.from({ length: 4 }, () => engine.removeContainer(id)));
      assert.equal(await engine.inspectContainer(id), undefined);
    });

    test("what is absent is success to stop and remove, undefined to inspect, not_found to the rest", async () => {
      const { engine, spec } = get();
      await engine.stopContainer(ABSENT, { graceSeconds: 1 });
      await engine.stopContainer(ABSENT, { graceSeconds: 1, stopSignal: "SIGINT" });
      await engine.removeContainer(ABSENT);
      assert.equal(await engine.inspectContainer(ABSENT), undefined);
      await assert.rejects(engine.startContainer(ABSENT), isKind("not_found"));
      await assert.rejects(engine.signalContainer(ABSENT, "SIGKILL"), isKind("not_found"));
      await assert.rejects(collect(engine.logs(ABSENT, { follow: false })), isKind("not_found"));
      await assert.rejects(
        engine.createContainer(spec([], { imageId: `sha256:${"0".repeat(64)}` })),
        isKind("not_found"),
      );
    });

    test("a process that ignores SIGTERM is killed after its grace", async () => {
      const { engine, create } = get();
      const id = await create([["ignore-term"], ["print", "ready"], ["sleep"]]);
      await engine.startContainer(id);
      for await (const _ of engine.logs(id, { follow: true })) break;
      await engine.stopContainer(id, { graceSeconds: 1 });
      assert.equal((await engine.inspectContainer(id))?.exitCode, 137);
    });

    test("a stop sends the signal it is given, and kills after the grace too", async () => {
      const { engine, create } = get();
      const polite = await create([["print", "ready"], ["sleep"]]);
      await engine.startContainer(polite);
      for await (const _ of engine.logs(polite, { follow: true })) break;
      await engine.stopContainer(polite, { graceSeconds: 10, stopSignal: "SIGHUP" });
      assert.equal((await engine.inspectContainer(polite))?.exitCode, 129);
      const stubborn = await create([["ignore-term"], ["print", "ready"], ["sleep"]]);
      await engine.startContainer(stubborn);
      for await (const _ of engine.logs(stubborn, { follow: true })) break;
      await engine.stopContainer(stubborn, { graceSeconds: 1, stopSignal: "SIGTERM" });
      assert.equal((await engine.inspectContainer(stubborn))?.exitCode, 137);
    });

    test("a signal reaches a running container and is a conflict to another", async () => {
      const { engine, create } = get();
      const id = await create([["sleep"]]);
      await assert.rejects(engine.signalContainer(id, "SIGKILL"), isKind("conflict"));
      await engine.startContainer(id);
      await engine.signalContainer(id, "SIGKILL");
      await ended(engine, id);
      assert.equal((await engine.inspectContainer(id))?.exitCode, 137);
    });

    test("a container with a network has an address of its own while it runs, and else none", async () => {
      const { engine, create } = get();
      const made = await Promise.all([1, 2].map(() => create([["sleep"]], { network: "bridge" })));
      const alone = await create([["sleep"]]);
      const addresses = async (id = "") =>
        ((await engine.inspectContainer(id))?.addresses ?? []).map(({ address }) => address);
      assert.deepEqual(await addresses(made[0]), []);
      for (const id of [...made, alone]) await engine.startContainer(id);
      const [first, second] = [await addresses(made[0]), await addresses(made[1])];
      assert.match(first.join(), /^\d+\.\d+\.\d+\.\d+$/);
      assert.match(second.join(), /^\d+\.\d+\.\d+\.\d+$/);
      assert.notDeepEqual(first, second);
      assert.deepEqual(await addresses(alone), []);
      await engine.stopContainer(made[0] ?? "", { graceSeconds: 0 });
      assert.deepEqual(await addresses(made[0]), []);
    });

    test("a listing by label holds what carries it, running or not, and nothing else", async () => {
      const { engine, create, unique } = get();
      const value = unique();
      const key = "hafen.conformance.list";
      const labels = { [key]: value, [get().label.key]: get().label.value };
      const made = [await create([["sleep"]], { labels }), await create([["sleep"]], { labels })];
      await create([["sleep"]], { labels: { ...labels, [key]: `${value}0` } });
      await engine.startContainer(made[0] ?? "");
      const listed = await engine.listContainers({ key, value });
      assert.deepEqual(listed.map(({ id }) => id).toSorted(), made.toSorted());
      assert.deepEqual(listed.map(({ state }) => state).toSorted(), ["created", "running"]);
      assert.ok(listed.every((found) => found.labels[key] === value && found.name.startsWith("conformance-")));
    });

    test("a spec that can never work is invalid", async () => {
      const { engine, spec } = get();
      const mounts = [{ type: "volume" as const, volume: get().unique(), target: "relative", readOnly: false }];
      await assert.rejects(engine.createContainer(spec([["sleep"]], { mounts })), isKind("invalid"));
    });

    test("every call that is already aborted rejects as aborted", async () => {
      const { engine, spec, image, request } = get();
      const op = { signal: AbortSignal.abort() };
      const label = { key: "k", value: "v" };
      const command = { command: ["x"], env: [], tty: false, stdin: false };
      const calls: (() => Promise<unknown>)[] = [
        () => engine.info(op),
        () => engine.createContainer(spec([["sleep"]]), op),
        () => engine.inspectContainer(ABSENT, op),
        () => engine.listContainers(label, op),
        () => engine.startContainer(ABSENT, op),
        () => engine.stopContainer(ABSENT, { graceSeconds: 1, ...op }),
        () => engine.signalContainer(ABSENT, "SIGTERM", op),
        () => engine.removeContainer(ABSENT, op),
        () => collect(engine.logs(ABSENT, { follow: true, ...op })),
        () => engine.exec(ABSENT, command, op),
        () => engine.attach(ABSENT, { tty: false, stdin: false, backlog: false, ...op }),
        () => engine.getArchive(ABSENT, "/", op),
        () => engine.putArchive(ABSENT, "/", once(), op),
        () => engine.exportContainer(ABSENT, op),
        () => engine.changes(ABSENT, op),
        () => engine.usage(ABSENT, op),
        () => collect(engine.stats(ABSENT, op)),
        () => engine.top(ABSENT, op),
        () => engine.isolation(ABSENT, op),
        () => engine.inspectImage(image, op),
        () => engine.listTags("x", op),
        () => engine.tagImage(image, "x/y:z", op),
        () => engine.removeTag("x/y:z", op),
        () => engine.imageHistory(image, op),
        () => collect(engine.buildImage(request({}), op)),
        () => engine.importImage(once(), { changes: [], ...op }),
        () => engine.loadImages(once(), op),
        () => engine.createVolume({ name: "x", labels: {} }, op),
        () => engine.inspectVolume("x", op),
        () => engine.listVolumes(label, op),
        () => engine.removeVolume("x", op),
      ];
      for (const call of calls) await assert.rejects(call(), isKind("aborted"), String(call));
      assert.deepEqual(await collect(engine.events({ label, sinceMs: 0, signal: op.signal })), []);
    });
  });
}
