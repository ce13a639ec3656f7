import type { CreateContainer, Healthcheck, Restart } from "@hafen/sdk";
import { UsageError } from "../../failures.ts";
import { on, one, type Values } from "../../flags.ts";
import { durationMs, whole } from "../../format/quantities.ts";

/** How long it lives, and whether it is well; shared by run and create. */
export const LIFE_FLAGS = {
  restart: one("POLICY[:MAX]", ["no, on-failure[:max], always or unless-stopped"], restartOf),
  rm: on("Remove it, and its anonymous volumes, once it has ended"),
  ttl: one("SPAN", ["Stop it so long after each start, such as 1h"], seconds),
  idleTimeout: one("SPAN", ["Stop it once it has been idle for so long"], seconds),
  healthCmd: one("COMMAND", ["A command that tells whether it is well"]),
  healthInterval: one("SPAN", ["Between two checks; default 30s"], durationMs),
  healthTimeout: one("SPAN", ["For one check; default 30s"], durationMs),
  healthStartPeriod: one("SPAN", ["Failures until then do not count"], durationMs),
  healthRetries: one("COUNT", ["So many failures are unhealthy; default 3"], whole),
  noHealthcheck: on("Check its health in no way, also not the image's"),
};

/** `on-failure:3`, as docker writes it. */
export function restartOf(text: string): Restart {
  const [, policy, maximum] = /^(no|on-failure|always|unless-stopped)(?::(\d+))?$/.exec(text) ?? [];
  if (policy === undefined || (maximum !== undefined && policy !== "on-failure"))
    throw new UsageError("no, on-failure[:max], always or unless-stopped");
  return {
    policy: policy as Restart["policy"],
    ...(maximum === undefined ? {} : { maximumRetryCount: Number(maximum) }),
  };
}

/** Whole seconds, as the service counts them. */
export function seconds(text: string): number {
  return Math.ceil(durationMs(text) / 1000);
}

export function lifeBody(flags: Values<typeof LIFE_FLAGS>): Partial<CreateContainer> {
  const { restart, rm, ttl, idleTimeout } = flags;
  const healthcheck = healthcheckOf(flags);
  return {
    ...(restart === undefined ? {} : { restart }),
    ...(rm ? { autoRemove: true } : {}),
    ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
    ...(idleTimeout === undefined ? {} : { idleTimeoutSeconds: idleTimeout }),
    ...(healthcheck === undefined ? {} : { healthcheck }),
  };
}

function healthcheckOf(flags: Values<typeof LIFE_FLAGS>): Healthcheck | null | undefined {
  const { healthCmd, healthInterval, healthTimeout, healthStartPeriod, healthRetries, noHealthcheck } = flags;
  const details = {
    ...(healthInterval === undefined ? {} : { intervalSeconds: healthInterval / 1000 }),
    ...(healthTimeout === undefined ? {} : { timeoutSeconds: healthTimeout / 1000 }),
    ...(healthStartPeriod === undefined ? {} : { startPeriodSeconds: healthStartPeriod / 1000 }),
    ...(healthRetries === undefined ? {} : { retries: healthRetries }),
  };
  const hasDetails = Object.keys(details).length > 0;
  if (noHealthcheck && (healthCmd !== undefined || hasDetails))
    throw new UsageError("--no-healthcheck excludes the other --health flags");
  if (noHealthcheck) return null;
  if (healthCmd === undefined && hasDetails) throw new UsageError("the --health flags need --health-cmd");
  return healthCmd === undefined ? undefined : { test: ["CMD-SHELL", healthCmd], ...details };
}
