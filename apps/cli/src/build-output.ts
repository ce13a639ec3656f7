import { HafenError, type Build, type Hafen, type Image } from "@hafen/sdk";
import type { Ctx } from "./ctx.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { inert, inertLine } from "./format/inert.ts";
import type { Piece } from "./result.ts";
import { shortDigest } from "./short-ids.ts";

export interface BuildOutputOptions {
  /** Only the result, and the log only of a build that failed. */
  quiet: boolean;
  /** Done once it has succeeded, before that is said. */
  built?: (build: Build) => Promise<void>;
  /** What is printed once it has succeeded; default: the image's id when quiet, else a line on stderr. */
  result?: (build: Build, image: Image | undefined) => string[];
}

/** A build's log as it comes, on stderr; then its image, or why there is none. Ctrl-C cancels the build, a second time leaves it. */
export async function* buildOutput(
  ctx: Ctx,
  client: Hafen,
  queued: Build,
  { quiet, built, result }: BuildOutputOptions,
): AsyncGenerator<Piece, number> {
  const leaving = new AbortController();
  let interrupts = 0;
  const release = ctx.onSignal("SIGINT", () => {
    if (++interrupts > 1) leaving.abort();
    else client.builds.cancel(queued.id).catch(() => {});
  });
  const kept: Piece[] = [];
  try {
    if (queued.queuePosition) yield { to: "stderr", data: `Waiting for ${queued.queuePosition} other builds\n` };
    const log = client.builds.logs(queued.id, { follow: true, signal: leaving.signal });
    let next = await log.next();
    for (; !next.done; next = await log.next()) {
      const piece: Piece = { to: "stderr", data: `${inertLine(next.value.text)}\n` };
      if (quiet) kept.push(piece);
      else yield piece;
    }
    const build = next.value;
    if (build.state !== "succeeded" || build.imageId === null) {
      yield* kept;
      if (ctx.json) yield { line: "", json: build };
      yield { to: "stderr", data: `hafen: ${inert(whyNot(build))}\n` };
      return build.state === "cancelled" ? EXIT_CODES.interrupted : EXIT_CODES.failed;
    }
    await built?.(build);
    const image = await imageOf(client, build.imageId);
    const digest = image?.digest ?? build.imageId;
    const tagged = build.tag === null ? "" : ` as ${inert(build.tag)}`;
    if (ctx.json) yield { line: "", json: build };
    else if (result) yield* result(build, image).map((line): Piece => ({ to: "stdout", data: `${inert(line)}\n` }));
    else if (quiet) yield { to: "stdout", data: `${digest}\n` };
    else yield { to: "stderr", data: `Built ${shortDigest(digest)}${tagged}\n` };
    return EXIT_CODES.ok;
  } catch (error) {
    if (leaving.signal.aborted) return EXIT_CODES.interrupted;
    throw error;
  } finally {
    release();
  }
}

function whyNot({ state, failure, steps }: Build): string {
  if (!failure) return `the build was ${state}`;
  const step = steps.find(({ number }) => number === failure.step);
  return `${failure.detail}${step ? ` (step ${step.number}: ${step.instruction})` : ""}`;
}

/** An image may have been removed since. */
async function imageOf(client: Hafen, id: string): Promise<Image | undefined> {
  try {
    return await client.images.get(id);
  } catch (error) {
    if (error instanceof HafenError && error.code === "image_not_found") return undefined;
    throw error;
  }
}
