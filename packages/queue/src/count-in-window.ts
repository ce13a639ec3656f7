import type { Redis } from "ioredis";

export interface Counted {
  /** In the window, with what was just added. */
  count: number;
  leftMs: number;
}
export type CountInWindow = (key: string, by: number, windowMs: number) => Promise<Counted>;

const SCRIPT = `
local count = redis.call("INCRBY", KEYS[1], ARGV[1])
local left = redis.call("PTTL", KEYS[1])
if left < 0 then
  redis.call("PEXPIRE", KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
return { count, left }`;

type WithScript = Redis & { hafenCountInWindow(key: string, by: number, windowMs: number): Promise<[number, number]> };

/** Adds to the key's window, which opens with the first that is added and then lasts so long. */
export function countInRedis(redis: Redis, prefix: string): CountInWindow {
  redis.defineCommand("hafenCountInWindow", { numberOfKeys: 1, lua: SCRIPT });
  return async (key, by, windowMs) => {
    const [count, leftMs] = await (redis as WithScript).hafenCountInWindow(`${prefix}:rate:${key}`, by, windowMs);
    return { count, leftMs };
  };
}
