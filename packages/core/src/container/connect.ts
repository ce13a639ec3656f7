import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { can, ProblemError } from "@hafen/contract";
import type { ContainerRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { asProblem, onHost } from "./live.ts";
import { wrongState } from "./request.ts";

const CONNECT_MS = 5_000;
/** After so long without a byte the container is looked at: one that was killed with bytes unsent takes their end with it. */
const QUIET_MS = 15_000;

/** A connection to a TCP port inside a running container; either side may end its half first. Destroyed when `signal` aborts. */
export async function connectPort(ctx: HostCtx, id: string, port: number, signal: AbortSignal): Promise<Socket> {
  const row = await onHost(ctx, id);
  if (!can("connect", row.state)) throw wrongState(row, "connect");
  const here = await whereabouts(ctx, row);
  const socket = await dial(here.address, port, signal);
  // The address is another container's as soon as this one has ended: only a container that did not end meanwhile had it.
  const still = await whereabouts(ctx, row).catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
  if (still.address === here.address && still.startedAt === here.startedAt) {
    socket.setTimeout(QUIET_MS, () => void endIfGone(ctx, row, here.startedAt, socket));
    return socket;
  }
  socket.destroy();
  throw new ProblemError("host_unreachable", `${row.name} was started anew in between. Try again.`);
}

async function whereabouts(
  ctx: HostCtx,
  row: ContainerRow,
): Promise<{ address: string; startedAt: string | undefined }> {
  const info = await asProblem(row, "connect", () => ctx.engine.inspectContainer(row.engineId ?? row.id));
  if (info?.state !== "running") throw wrongState({ ...row, state: "exited" }, "connect");
  const [first] = info.addresses;
  if (!first) throw new ProblemError("port_unreachable", "The container has no network.");
  return { address: first.address, startedAt: info.startedAt };
}

async function endIfGone(
  ctx: HostCtx,
  row: ContainerRow,
  startedAt: string | undefined,
  socket: Socket,
): Promise<void> {
  socket.setTimeout(QUIET_MS);
  if (socket.readableLength > 0) return; // it is its reader that is quiet
  try {
    const info = await ctx.engine.inspectContainer(row.engineId ?? row.id);
    const lives = info?.state === "running" || info?.state === "paused";
    if (!lives || info.startedAt !== startedAt) socket.destroy();
  } catch {
    // An engine that does not answer says nothing about the container: it is asked again.
  }
}

async function dial(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
  const socket = connect({
    host,
    port,
    allowHalfOpen: true,
    noDelay: true,
  });
  const leave = () => socket.destroy();
  try {
    await once(socket, "connect", { signal: either });
  } catch {
    socket.destroy();
    throw new ProblemError(
      "port_unreachable",
      `Nothing answers on port ${port} of the container. A server in it must run, and listen on 0.0.0.0, not only on 127.0.0.1.`,
    );
  }
  socket.pause();
  socket.on("error", leave); // whoever reads or writes sees it close
  signal.addEventListener("abort", leave, { once: true });
  socket.once("close", () => signal.removeEventListener("abort", leave));
  return socket;
}
