import type { Container } from "@hafen/sdk";
import { age, ago } from "../../format/age.ts";

/** A container's state in docker's words. */
export function status({ state, exitCode, startedAt, finishedAt, health }: Container, nowMs: number): string {
  const up = startedAt === null ? "Up" : `Up ${age(Math.max(0, nowMs - Date.parse(startedAt)))}`;
  switch (state) {
    case "running":
      return health === null ? up : `${up} (${health.status === "starting" ? "health: starting" : health.status})`;
    case "paused":
      return `${up} (Paused)`;
    case "restarting":
    case "exited":
      return `${titled(state)} (${exitCode ?? "?"})${finishedAt === null ? "" : ` ${ago(finishedAt, nowMs)}`}`;
    case "removing":
      return "Removal In Progress";
    default:
      return titled(state);
  }
}

function titled(state: string): string {
  return `${state.charAt(0).toUpperCase()}${state.slice(1)}`;
}
