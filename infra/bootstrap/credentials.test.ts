import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readSecrets } from "./credentials.ts";

test("a home's secrets are made once, for its owner alone, and one that came later is added to those there", async () => {
  const home = await mkdtemp(join(tmpdir(), "hafen-secrets-"));
  try {
    const made = await readSecrets(home);
    assert.equal(Buffer.from(made.secretKey, "base64").length, 32);
    assert.deepEqual(await readSecrets(home), made);
    const path = join(home, "secrets.json");
    assert.equal((await stat(path)).mode & 0o777, 0o600);

    await writeFile(path, JSON.stringify({ streamSecret: "from before" }));
    const added = await readSecrets(home);
    assert.equal(added.streamSecret, "from before");
    assert.notEqual(added.secretKey, made.secretKey);
    assert.deepEqual(await readSecrets(home), added);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
