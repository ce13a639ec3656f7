import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { once, packTar } from "../tar.ts";
import type { PullRequest, RegistryLogin, TransferEvent } from "../engine.ts";
import { collect, type Subject } from "./subject.ts";

export function registryTests(get: () => Subject): void {
  /** An image that nobody else has, and where to push it. */
  const fresh = async (host: string) => {
    const { engine, unique, prefix } = get();
    const id = await engine.importImage(once(packTar({ "f.txt": unique() })), { changes: [] });
    await engine.tagImage(id, `${prefix}fresh:${unique()}`);
    return { id, repository: `${host}/${unique()}` };
  };
  const last = async (events: AsyncIterable<TransferEvent>) =>
    (await collect(events)).at(-1) ?? assert.fail("nothing was told");
  const push = (imageId: string, reference: string, login?: RegistryLogin) =>
    last(get().engine.pushImage({ imageId, reference, login }));
  const pull = async (repository: string, more: Partial<PullRequest> = {}) => {
    const { engine, prefix, unique } = get();
    const resolved = await engine.resolveImage(`${repository}:1`, more.login);
    if (resolved.type === "failed") return resolved;
    const { digest } = resolved;
    const holdAs = `${prefix}pulled:${unique()}`;
    return last(engine.pullImage({ repository, digest, holdAs, maxBytes: 1024 ** 3, ...more }));
  };
  const reasonOf = (event: object) => ("reason" in event ? event.reason : event);

  describe("registries", () => {
    test("an image that is pushed is pulled again, the same, and each is told by the registry's digest", async () => {
      const { engine, registries, prefix } = get();
      const { id, repository } = await fresh(registries.open);
      const pushed = await push(id, `${repository}:1`);
      assert.ok(pushed.type === "pushed", JSON.stringify(pushed));
      const holdAs = `${prefix}held:1`;
      assert.deepEqual(await pull(repository, { holdAs }), { type: "pulled", imageId: id, digest: pushed.digest });
      assert.equal((await engine.inspectImage(holdAs))?.id, id);
    });

    test("neither leaves a name of the registry in the engine", async () => {
      const { engine, registries, prefix } = get();
      const { id, repository } = await fresh(registries.open);
      const pushed = await push(id, `${repository}:1`);
      assert.ok(pushed.type === "pushed");
      await Promise.all([pull(repository), pull(repository), push(id, `${repository}:2`), pull(repository)]);
      assert.deepEqual(await engine.listTags(repository), []);
      for (const name of [`${repository}:1`, `${repository}:2`, `${repository}@${pushed.digest}`])
        assert.equal(await engine.inspectImage(name), undefined, name);
      assert.ok((await engine.inspectImage(id))?.tags.every((tag) => tag.startsWith(prefix)));
    });

    test("a pull of what the engine does not have brings its layers", async () => {
      const { engine, registries, prefix } = get();
      const { id, repository } = await fresh(registries.open);
      await push(id, `${repository}:1`);
      for (const { tag, imageId } of await engine.listTags(prefix)) if (imageId === id) await engine.removeTag(tag);
      assert.equal(await engine.inspectImage(id), undefined);
      const pulled = await pull(repository);
      assert.ok(pulled.type === "pulled", JSON.stringify(pulled));
      assert.equal(pulled.imageId, id);
    });

    test("each failure has its reason", async () => {
      const { registries } = get();
      const { login, guarded, open, absent } = registries;
      const { id, repository } = await fresh(guarded);
      const wrong = { ...login, password: "wrong" };
      assert.equal(reasonOf(await push(id, `${repository}:1`)), "unauthorized");
      assert.equal(reasonOf(await push(id, `${repository}:1`, wrong)), "unauthorized");
      assert.equal((await push(id, `${repository}:1`, login)).type, "pushed");
      assert.equal(reasonOf(await pull(repository)), "unauthorized");
      assert.equal(reasonOf(await pull(repository, { login: wrong })), "unauthorized");
      assert.equal((await pull(repository, { login })).type, "pulled");
      assert.equal(reasonOf(await pull(`${open}/absent`)), "not_found");
      assert.equal(reasonOf(await pull(`${absent}/x`)), "unreachable");
      assert.equal(reasonOf(await push(id, `${absent}/x:1`)), "unreachable");
    });

    test("who has no login is not answered from what the engine has", async () => {
      const { engine, registries } = get();
      const { login, guarded } = registries;
      const { id, repository } = await fresh(guarded);
      const pushed = await push(id, `${repository}:1`, login);
      assert.ok(pushed.type === "pushed");
      assert.equal((await pull(repository, { login })).type, "pulled");
      for (const reference of [`${repository}:1`, `${repository}@${pushed.digest}`])
        assert.equal(reasonOf(await engine.resolveImage(reference, undefined)), "unauthorized", reference);
    });

    test("of pushes to one name at the same time each sends its own image", async () => {
      const { registries, engine } = get();
      const [a, b] = [await fresh(registries.open), await fresh(registries.open)];
      const reference = `${a.repository}:1`;
      const pushed = await Promise.all([a.id, b.id, a.id, b.id].map((id) => push(id, reference)));
      const digests = pushed.map((event) => (event.type === "pushed" ? event.digest : "failed"));
      assert.equal(digests[0], digests[2]);
      assert.equal(digests[1], digests[3]);
      assert.notEqual(digests[0], digests[1]);
      assert.equal(await engine.inspectImage(reference), undefined);
    });

    test("one that is larger than may be is not taken", async () => {
      const { engine, registries, prefix } = get();
      const { id, repository } = await fresh(registries.open);
      await push(id, `${repository}:1`);
      for (const { tag, imageId } of await engine.listTags(prefix)) if (imageId === id) await engine.removeTag(tag);
      assert.equal(reasonOf(await pull(repository, { maxBytes: 1 })), "too_large");
      assert.equal(await engine.inspectImage(id), undefined);
    });
  });
}
