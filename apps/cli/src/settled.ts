import { setTimeout as delay } from "node:timers/promises";
import { HafenError, type Container, type Hafen } from "@hafen/sdk";
import { Failure } from "./failures.ts";

/** One request's share of a wait: short enough for proxies that cut quiet connections. */
export const WAIT = { waitSeconds: 30 };
/** How long the command waits for the whole of it. */
const PATIENCE_MS = 300_000;
const POLL_MS = 1_000;

/** The container once it is at rest where it was sent; else a failure that says why not. */
export async function settled(
  client: Hafen,
  answered: Container | Promise<Container>,
  goals: Container["state"][],
): Promise<Container> {
  let container = await answered;
  for (const endMs = performance.now() + PATIENCE_MS; !isOver(container, goals) && performance.now() < endMs;) {
    await delay(POLL_MS);
    container = await again(client, container);
  }
  const { name, state, failure } = container;
  if (goals.includes(state) && isOver(container, goals)) return container;
  if (failure) throw new Failure(`${name}: ${failure.detail}`);
  throw new Failure(`${name} is ${state} still; the service goes on with it`);
}

function isOver({ state, desired }: Container, goals: Container["state"][]): boolean {
  const rests = state === desired || (state === "restarting" && goals.includes(state));
  return rests || ["failed", "lost", "removed"].includes(state);
}

async function again(client: Hafen, container: Container): Promise<Container> {
  try {
    return await client.containers.get(container.id);
  } catch (error) {
    if (error instanceof HafenError && error.code === "container_not_found") return { ...container, state: "removed" };
    throw error;
  }
}
