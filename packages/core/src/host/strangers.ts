import { ProblemError } from "@hafen/contract";
import { findHost, type HostRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { chooseHost } from "./hosts.ts";

type Asking = Pick<Ctx, "db" | "requires">;

/** `require=userNamespaces,seccomp`: the names under `protections` of a host. Empty: any host will do. */
export function readStrangersPolicy(text: string): string[] {
  return text === "" ? [] : text.replace(/^require=/, "").split(",");
}

/**
 * The host for new work of whoever asks. With something required it is never left to the queue that all workers take from: a host
 * without the protections might be first.
 */
export async function placeWork({ db, requires = [] }: Asking): Promise<string | null> {
  if (requires.length === 0) return chooseHost(db);
  const hostId = await chooseHost(db, (host) => missing(host, requires).length === 0);
  if (hostId === null) throw noHost(`No live host has all of ${requires.join(", ")}.`);
  return hostId;
}

/** For work that can be done on one host alone, where its image is. */
export async function refuseUnprotected({ db, requires = [] }: Asking, hostId: string): Promise<void> {
  if (requires.length === 0) return;
  const lacking = missing(await findHost(db, hostId), requires);
  if (lacking.length > 0) throw noHost(`The image's host lacks ${lacking.join(", ")}.`);
}

function missing(host: HostRow | undefined, requires: readonly string[]): string[] {
  return requires.filter((name) => host?.engine.protections[name] !== true);
}

function noHost(why: string): ProblemError {
  return new ProblemError(
    "no_host_protects",
    `${why} The operator's policy asks for it; they see what each host has with: hafen hosts`,
  );
}
