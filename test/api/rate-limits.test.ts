import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Hafen } from "@hafen/sdk";
import { eventuallyHolds, openRedis, startWorld, type OwnRedis, type World } from "../support/index.ts";
import { ask, refusal, type Answer } from "./ask.ts";

const LIMITS = { HAFEN_RATE_KEY: "100/3600", HAFEN_RATE_ADDRESS: "30/3600", HAFEN_RATE_FAILURES: "20/3600" };

for (const store of ["Redis", "Postgres"] as const) {
  describe(`with its counts in ${store}`, () => {
    let redis: OwnRedis | undefined;
    let world: World;
    let urls: string[];
    before(async () => {
      redis = store === "Redis" ? await openRedis() : undefined;
      world = await startWorld({
        env: { ...LIMITS, HAFEN_TRUSTED_PROXIES: "127.0.0.1", ...(redis && { REDIS_URL: redis.url }) },
        redis: redis !== undefined,
        worker: false,
      });
      const other = world.anotherApi();
      await other.start();
      urls = [world.url, other.url()];
    });
    after(async () => {
      await world[Symbol.asyncDispose]();
      await redis?.[Symbol.asyncDispose]();
    });

    /** So many at once, over both apis in turn. */
    const many = (count: number, path: string, address: string, key?: string) =>
      Promise.all(
        Array.from({ length: count }, (_, at) =>
          ask(urls[at % 2] ?? "", "GET", path, { key, headers: { "x-forwarded-for": address } }),
        ),
      );
    const counted = (answers: Answer[]) =>
      Object.fromEntries(
        Map.groupBy(answers, ({ status }) => status)
          .entries()
          .map(([status, all]) => [status, all.length]),
      );

    test("a key has its number of requests over all apis, and is told how it stands", async () => {
      const { apiKey } = await world.user();
      const first = await ask(world.url, "GET", "/v1/me", { key: apiKey });
      assert.equal(first.headers.get("ratelimit-policy"), '"key";q=100;w=3600');
      assert.match(first.headers.get("ratelimit") ?? "", /^"key";r=99;t=\d+$/);
      const answers = await many(150, "/v1/me", "192.0.2.1", apiKey);
      assert.deepEqual(counted(answers), { 200: 99, 429: 51 });
      const refused = answers.find(({ status }) => status === 429);
      assert.equal(refused?.body["code"], "rate_limited");
      assert.match(refused?.headers.get("ratelimit") ?? "", /^"key";r=0;t=\d+$/);
      const seconds = Number(refused?.headers.get("retry-after"));
      assert.ok(seconds > 3_000 && seconds <= 3_600, String(seconds));
      const error = await refusal(new Hafen({ url: world.url, apiKey }).me(), "rate_limited");
      assert.ok((error.retryAfterMs ?? 0) > 3_000_000);
      assert.equal((await ask(world.url, "GET", "/v1/me", { key: (await world.user()).apiKey })).status, 200);
    });

    test("an address has its number of requests without a key, and of IPv6 its whole /64", async () => {
      assert.deepEqual(counted(await many(40, "/healthz", "192.0.2.2")), { 200: 30, 429: 10 });
      assert.deepEqual(counted(await many(2, "/nothing", "192.0.2.2")), { 429: 2 });
      assert.deepEqual(counted(await many(40, "/v1/me", "2001:db8::1")), { 401: 30, 429: 10 });
      assert.deepEqual(counted(await many(2, "/openapi.json", "2001:db8::2")), { 429: 2 });
      assert.deepEqual(counted(await many(1, "/openapi.json", "192.0.2.3")), { 200: 1 });
      const { text } = await ask(world.url, "GET", "/metrics", { headers: { "x-forwarded-for": "192.0.2.4" } });
      assert.match(text, /hafen_rate_limited_total\{limit="address"\} [1-9]/);
    });

    if (store === "Redis")
      test("while the store is gone each api counts alone, and afterwards together again", async () => {
        const { apiKey } = await world.user();
        await redis?.kill();
        assert.deepEqual(counted(await many(240, "/v1/me", "192.0.2.5", apiKey)), { 200: 200, 429: 40 });
        await redis?.start();
        await eventuallyHolds(async () => {
          await ask(world.url, "GET", "/v1/me", { key: (await world.user()).apiKey });
          assert.match(world.api.output(), /the store of rate limits answers again/);
        });
      });
  });
}
