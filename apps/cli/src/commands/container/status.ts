import type { Container } from "@hafen/sdk";
import { age, ago } from "../../format/age.ts";

/** A container's state in docker's words. */
export function status({ state, exitCode, startedAt, finishedAt }: Container, nowMs: number): string {
  const up = startedAt === null ? "Up" : `Up ${age(Math.max(0, nowMs - Date.parse(startedAt)))}`;
  switch (state) {
    case "running":
      return up;
    case "paused":
      return `${up} (Paused)`;
    case "exited":
      return `Exited (${exitCode ?? "?"})${finishedAt === null ? "" : ` ${ago(finishedAt, nowMs)}`}`;
    case "removing":
      return "Removal In Progress";
    default:
      return `${state.charAt(0).toUpperCase()}${state.slice(1)}`;
  }
}
