import { HafenError } from "./error.ts";

/** JSON from the service; text that is not JSON comes from something else, or was cut. */
export function parseJson(text: string, what: string, status?: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new HafenError("network", `${what} is not JSON: is this the service's address?`, { status, cause });
  }
}
