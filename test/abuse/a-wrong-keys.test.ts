import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { abuse, startWorld } from "../support/index.ts";
import { ask } from "../api/ask.ts";

abuse("A12", "a hundred wrong keys from one address", async () => {
  await using world = await startWorld({
    env: { HAFEN_RATE_FAILURES: "20/3600", HAFEN_TRUSTED_PROXIES: "127.0.0.1" },
    worker: false,
  });
  const victim = await world.user();
  const from = async (address: string, key: string) => {
    const { status } = await ask(world.url, "GET", "/v1/me", { key, headers: { "x-forwarded-for": address } });
    return status;
  };
  const wrong = () => `hfn_${randomBytes(32).toString("base64url")}`;
  const guesses = await Promise.all(Array.from({ length: 100 }, () => from("192.0.2.1", wrong())));
  assert.equal(guesses.filter((status) => status === 401).length, 20);
  assert.equal(guesses.filter((status) => status === 429).length, 80);
  assert.equal(await from("192.0.2.1", victim.apiKey), 200);
  assert.equal(await from("192.0.2.2", wrong()), 401);
  // An address in front of which no proxy of ours stands makes up what it likes, and is still one.
  assert.equal(await from("192.0.2.99, 192.0.2.1", wrong()), 429);
  return "20 were looked up and 80 refused with 429; a valid key from the same address still got 200, and another address was not touched";
});
