import { z } from "zod";
import type { Limit } from "./allowances.ts";

/** `<requests>/<seconds>`, or 0 for no limit. */
export function limitSetting(otherwise: string) {
  return z
    .string()
    .regex(/^(0|[1-9]\d{0,8}\/[1-9]\d{0,4})$/, "requests/seconds, as 1000/10, or 0 for none")
    .default(otherwise)
    .transform((text): Limit | null => {
      const [requests = 0, seconds = 0] = text.split("/").map(Number);
      return requests === 0 ? null : { requests, seconds };
    });
}
