import { ProblemError } from "@hafen/contract";
import { EngineError } from "@hafen/engine/error";
import { InputError } from "../archive/error.ts";
import type { HostCtx } from "../ctx.ts";
import type { Place } from "./place.ts";

/** What went wrong, in words of the request: the engine's own name the host's paths. */
export async function explained<T>(ctx: HostCtx, place: Place, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (place.signal.aborted && place.signal.reason instanceof ProblemError) throw place.signal.reason;
    if (error instanceof InputError) throw new ProblemError(error.code, error.detail);
    throw error instanceof EngineError ? await inWords(ctx, place, error) : error;
  }
}

async function inWords(ctx: HostCtx, place: Place, error: EngineError): Promise<Error> {
  const { shown, owner } = place;
  switch (error.kind) {
    case "not_found": {
      const there = await ctx.engine.inspectContainer(place.engineId);
      return there ? new ProblemError("path_not_found", `There is no ${shown} in ${owner}.`) : place.gone();
    }
    case "not_directory":
      return new ProblemError("path_not_directory", `${shown} is not a directory, or leads through a file.`);
    case "read_only":
      return new ProblemError(
        "path_read_only",
        `${shown} is in a read-only root or volume. Write to a volume that is not.`,
      );
    case "no_space":
      return new ProblemError("disk_full", "The disk is full. What fitted is unpacked; remove what is not needed.");
    case "conflict":
      return place.wrongState();
    case "invalid":
      return new ProblemError(
        "tar_entry_refused",
        `The engine could not unpack the tar${unpackReason(error.message, place)}.`,
      );
    case "unavailable":
      return new ProblemError("host_unreachable", "The host's engine does not answer. Try again soon.");
    default:
      return error;
  }
}

/** Why the engine could not unpack a tar; empty when it does not say. */
export function tarFailure(message: string): string {
  return /processing tar file\([^)]*\): (.*)$/s.exec(message)?.[1] ?? "";
}

/** The engine unpacks inside the container's root, so that only what it says of that has no path of the host in it. */
function unpackReason(message: string, { reach }: Place): string {
  const reason = tarFailure(message);
  const [, there, path = ""] = /^cannot overwrite (directory|non-directory) "([^"]*)"/.exec(reason) ?? [];
  if (there !== undefined) {
    const [is, comes] = there === "directory" ? ["a directory", "none"] : ["no directory", "one"];
    return `: ${reach(path) ?? path} is ${is}, and ${comes} in the tar. Remove it first`;
  }
  return reason === "" ? "" : `: ${reason}`;
}
