import type { Healthcheck, ImageConfig } from "@hafen/contract";
import type { ImageConfig as EngineConfig } from "@hafen/engine";

/** An image's configuration as it is shown and kept. */
export function toImageConfig({ healthcheck, ...config }: EngineConfig): ImageConfig {
  const { stopSignal, ...rest } = config;
  return {
    ...rest,
    ...(stopSignal !== undefined && { stopSignal }),
    // One without a test only takes over what the image below says, and that is in it already.
    ...(healthcheck && healthcheck.test.length > 0 && { healthcheck: toHealthcheck(healthcheck) }),
  };
}

function toHealthcheck(check: NonNullable<EngineConfig["healthcheck"]>): Healthcheck {
  const { test, intervalMs, timeoutMs, startPeriodMs, retries } = check;
  return {
    test,
    ...(intervalMs !== undefined && { intervalSeconds: intervalMs / 1000 }),
    ...(timeoutMs !== undefined && { timeoutSeconds: timeoutMs / 1000 }),
    ...(startPeriodMs !== undefined && { startPeriodSeconds: startPeriodMs / 1000 }),
    ...(retries !== undefined && { retries }),
  };
}
