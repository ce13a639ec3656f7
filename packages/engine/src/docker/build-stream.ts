import type { BuildEvent } from "../engine.ts";

/** What a build says of itself, before anything is looked up. `image` and `failure` are the engine's own word, the rest is read from text. */
export type BuildMessage =
  | Extract<BuildEvent, { type: "step" | "cached" | "log" }>
  | { type: "running"; containerId: string }
  | { type: "layer"; number: number; shortId: string; atMs: number }
  | { type: "image"; imageId: string; atMs: number }
  | { type: "failure"; code: number | undefined; message: string; atMs: number };

interface RawMessage {
  stream?: string;
  status?: string;
  progressDetail?: object;
  aux?: { ID?: string };
  error?: string;
  errorDetail?: { code?: number; message?: string };
}

const STEP = /^Step (\d+)\/(\d+) : (.*)$/s;
const RUNNING = /^ ---> Running in ([0-9a-f]{12})\n$/;
const REMOVED =
  /^(?:Removing intermediate container ([0-9a-f]{12})\n|Error removing intermediate container ([0-9a-f]{12}): .*)$/s;
const LAYER = /^ ---> ([0-9a-f]{12})\n$/;
const STDERR = new RegExp(String.raw`^\x1b\[91m(.*)\x1b\[0m$`, "s");

/**
 * Reads the classic builder's messages. A step's own output arrives in messages of the same form and may copy any of them:
 * from `Running in <id>` until the engine removes that id all is output, and a step counts only as the next of the same total.
 */
export function buildReader(now: () => number): (raw: unknown) => BuildMessage | undefined {
  let number = 0;
  let total: number | undefined;
  let running: string | undefined;

  function engineText(text: string, atMs: number): BuildMessage | "skip" | undefined {
    const step = STEP.exec(text);
    if (step && Number(step[1]) === number + 1 && (total === undefined || Number(step[2]) === total)) {
      number += 1;
      total = Number(step[2]);
      return { type: "step", number, total, instruction: step[3] ?? "", atMs };
    }
    if (text === " ---> Using cache\n") return { type: "cached", number, atMs };
    const started = RUNNING.exec(text)?.[1];
    if (started !== undefined) return { type: "running", containerId: (running = started) };
    const shortId = LAYER.exec(text)?.[1];
    if (shortId !== undefined) return { type: "layer", number, shortId, atMs };
    return text === "\n" || /^Successfully built [0-9a-f]{12}\n$/.test(text) ? "skip" : undefined;
  }

  function streamText(text: string, atMs: number): BuildMessage | undefined {
    if (running === undefined) {
      const read = engineText(text, atMs);
      if (read !== undefined) return read === "skip" ? undefined : read;
    } else {
      const removed = REMOVED.exec(text);
      if (removed && (removed[1] ?? removed[2]) === running) return void (running = undefined);
    }
    const stderr = STDERR.exec(text)?.[1];
    return { type: "log", stream: stderr === undefined ? "stdout" : "stderr", text: stderr ?? text, atMs };
  }

  return (value) => {
    const raw = value as RawMessage;
    const atMs = now();
    if (raw.error !== undefined || raw.errorDetail) {
      return {
        type: "failure",
        code: raw.errorDetail?.code,
        message: raw.errorDetail?.message ?? raw.error ?? "",
        atMs,
      };
    }
    if (raw.aux) return raw.aux.ID === undefined ? undefined : { type: "image", imageId: raw.aux.ID, atMs };
    if (raw.stream !== undefined) return streamText(raw.stream, atMs);
    // Pulls: their words, not their progress bars.
    if (raw.status !== undefined && !raw.progressDetail)
      return { type: "log", stream: "stdout", text: `${raw.status}\n`, atMs };
    return undefined;
  };
}
