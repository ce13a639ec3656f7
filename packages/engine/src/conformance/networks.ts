import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isKind, type Subject } from "./subject.ts";

export function networkTests(get: () => Subject): void {
  describe("networks", () => {
    test("a network is made once, listed by its label, and gone without complaint", async () => {
      const { engine, label, unique } = get();
      const spec = { name: unique(), labels: { [label.key]: label.value } };
      await engine.createNetwork(spec);
      await Promise.all([engine.createNetwork(spec), engine.createNetwork(spec)]);
      assert.deepEqual(
        (await engine.listNetworks(label)).filter(({ name }) => name === spec.name),
        [spec],
      );
      await engine.removeNetwork(spec.name);
      await engine.removeNetwork(spec.name);
      assert.ok(!(await engine.listNetworks(label)).some(({ name }) => name === spec.name));
    });

    test("a network with a running container on it is a conflict to remove; without the network none is started", async () => {
      const { engine, create, label, unique } = get();
      const name = unique();
      await engine.createNetwork({ name, labels: { [label.key]: label.value } });
      const id = await create([["sleep"]], { network: { name, aliases: ["one"] } });
      const aliases = async () => (await engine.inspectContainer(id))?.networks[name]?.aliases ?? [];
      assert.deepEqual(await aliases(), ["one"]);
      await engine.setEndpoint(id, name, { aliases: ["two"] });
      await engine.setEndpoint(id, name, { aliases: ["two"] });
      assert.deepEqual([(await aliases()).includes("two"), (await aliases()).includes("one")], [true, false]);
      await engine.startContainer(id);
      await assert.rejects(engine.removeNetwork(name), isKind("conflict"));
      await engine.removeContainer(id);
      await engine.removeNetwork(name);
    });
  });
}
