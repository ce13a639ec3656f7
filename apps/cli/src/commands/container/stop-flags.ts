import type { StopContainer } from "@hafen/sdk";
import { one, type Values } from "../../flags.ts";
import { signalName, whole } from "../../format/quantities.ts";

/** What `stop` and `restart` share. */
export const STOP_FLAGS = {
  time: one("SECONDS", ["t", "Until SIGKILL; default 10"], whole),
  signal: one("SIGNAL", ["s", "In place of the image's STOPSIGNAL"], signalName),
};

export function stopBody({ time, signal }: Values<typeof STOP_FLAGS>): StopContainer {
  return {
    ...(time === undefined ? {} : { graceSeconds: time }),
    // The service says which signals there are.
    ...(signal === undefined ? {} : { signal: signal as NonNullable<StopContainer["signal"]> }),
  };
}
