import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { EngineId, SecretFile } from "../engine.ts";
import { collect, ended, isKind, textOf, type Subject } from "./subject.ts";

const file = (text: string): SecretFile => ({ content: Buffer.from(text), uid: 0, gid: 0, mode: 0o444 });

export function secretTests(get: () => Subject): void {
  describe("files of secrets", () => {
    const output = async (id: EngineId) => textOf(await collect(get().engine.logs(id, { follow: false })));

    test("a container reads at each start what its files hold then, and goes on with that", async () => {
      const { engine, spec, unique } = get();
      const name = unique();
      const secretFiles = [{ target: "/run/secrets/one" }, { target: "/two" }];
      await engine.putSecretFiles(name, [file(""), file("")]);
      const steps = spec(
        [
          ["read", "/run/secrets/one"],
          ["read", "/two"],
          ["exit", 0],
        ],
        { name, secretFiles },
      );
      const id = await engine.createContainer(steps);
      for (const value of ["first", "second"]) {
        await engine.putSecretFiles(name, [file(`${value};`), file("2\n")]);
        await engine.startContainer(id);
        await ended(engine, id);
      }
      assert.equal(await output(id), "first;2\nsecond;2\n");
      await engine.putSecretFiles(name, [file(""), file("")]);
      await engine.startContainer(id);
      await ended(engine, id);
      assert.equal(await output(id), "first;2\nsecond;2\n");
      await engine.removeContainer(id);
      assert.ok((await engine.listSecretFiles()).includes(name));
      await engine.removeSecretFiles(name);
      await engine.removeSecretFiles(name);
      assert.ok(!(await engine.listSecretFiles()).includes(name));
    });

    test("nobody in a container can write them", async () => {
      const { engine, spec, unique } = get();
      const name = unique();
      const secretFiles = [{ target: "/run/secrets/one" }];
      await engine.putSecretFiles(name, [{ ...file("value\n"), mode: 0o666 }]);
      const script = spec([["write", "/run/secrets/one", "changed"]], { name, secretFiles });
      const id = await engine.createContainer(script);
      await engine.startContainer(id);
      await ended(engine, id);
      assert.match(await output(id), /Read-only file system/);
      await engine.removeContainer(id);
      await engine.removeSecretFiles(name);
    });

    test("a name that would lead elsewhere is refused", async () => {
      const { engine } = get();
      for (const name of ["..", "a/b", "", "/etc"])
        await assert.rejects(engine.putSecretFiles(name, [file("x")]), isKind("invalid"), name);
    });
  });
}
