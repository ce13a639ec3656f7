import type { Container } from "@hafen/sdk";
import { Failure } from "./failures.ts";

/** As long as the service keeps an answer back. */
export const WAIT = { waitSeconds: 300 };

/** The container, at rest where it was sent; else a failure that says why not. */
export function settled(container: Container, goals: Container["state"][]): Container {
  const { name, state, failure } = container;
  if (goals.includes(state)) return container;
  if (failure) throw new Failure(`${name}: ${failure.detail}`);
  throw new Failure(`${name} is ${state} still; the service goes on with it`);
}
