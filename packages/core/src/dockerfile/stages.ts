import { InputError } from "../archive/error.ts";
import { quoted } from "../archive/quoted.ts";
import { grantedName } from "../reference/granted-name.ts";
import { isImageId } from "../reference/is-image-id.ts";
import { parseReference } from "../reference/parse-reference.ts";
import { expand } from "./expand.ts";
import { parseFrom } from "./from.ts";
import { invalid } from "./invalid.ts";
import type { Dockerfile, Instruction } from "./read-dockerfile.ts";
import { words } from "./words.ts";

export type BuildArgs = Readonly<Record<string, string>>;
export type Base = { kind: "stage"; index: number } | { kind: "scratch" } | { kind: "image"; reference: string };

export interface Stage {
  index: number;
  name?: string;
  base: Base;
  /** As resolved; always one that this host builds for. */
  platform?: string;
  line: number;
  /** What each `COPY --from=` of the stage reads. */
  copies: { from: Base; line: number }[];
}

const PLATFORMS: ReadonlySet<string> = new Set(["linux/amd64", "linux/x86_64", "linux"]);
const PLATFORM_ARGS: Readonly<Record<string, string>> = { BUILDPLATFORM: "linux/amd64", TARGETPLATFORM: "linux/amd64" };

/** What each stage stands on and copies from, with the ARGs before the first FROM filled in. */
export function stages(dockerfile: Dockerfile, buildArgs: BuildArgs): Stage[] {
  const { escape, instructions } = dockerfile;
  const globals = new Map<string, string | undefined>();
  const found: Stage[] = [];
  for (const instruction of instructions) {
    const { keyword, line, flags } = instruction;
    const stage = found.at(-1);
    if (keyword === "FROM") {
      found.push(startStage(instruction, escape, globals, found));
    } else if (stage === undefined) {
      declare(instruction, escape, globals, buildArgs);
    } else if (keyword === "COPY") {
      const from = flags.find(({ name }) => name === "from")?.value;
      if (from !== undefined) stage.copies.push({ from: copySource(from, stage, found, dockerfile, line), line });
    }
  }
  return found;
}

/** The images from outside that a build needs, each once, in order. */
export function externalReferences(dockerfile: Dockerfile, buildArgs: BuildArgs): string[] {
  const bases = stages(dockerfile, buildArgs).flatMap(({ base, copies }) => [base, ...copies.map(({ from }) => from)]);
  return [...new Set(bases.flatMap((base) => (base.kind === "image" ? [base.reference] : [])))];
}

function declare(
  { text, line }: Instruction,
  escape: Dockerfile["escape"],
  globals: Map<string, string | undefined>,
  buildArgs: BuildArgs,
): void {
  for (const word of words(text, escape)) {
    const equals = word.indexOf("=");
    const name = equals === -1 ? word : word.slice(0, equals);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw invalid(line, `${quoted(name)} is no name for an ARG`);
    const fallback =
      equals === -1 ? undefined : expand(word.slice(equals + 1), { escape, line, lookup: (key) => globals.get(key) });
    globals.set(name, Object.hasOwn(buildArgs, name) ? buildArgs[name] : fallback);
  }
}

function startStage(
  instruction: Instruction,
  escape: Dockerfile["escape"],
  globals: ReadonlyMap<string, string | undefined>,
  before: readonly Stage[],
): Stage {
  const { line, flags } = instruction;
  const { base, name } = parseFrom(instruction);
  const expansion = { escape, line, lookup: (key: string) => globals.get(key) };
  const reference = expand(base, expansion);
  if (reference === "")
    throw invalid(line, `${quoted(base)} is empty. Give its ARG a default before FROM, or pass it as a build argument`);
  if (name !== undefined && before.some((stage) => stage.name === name))
    throw invalid(line, `a stage ${quoted(name)} is there already. Choose another name`);
  const wanted = flags.find((flag) => flag.name === "platform")?.value;
  const platform = wanted && expand(wanted, { ...expansion, lookup: (key) => globals.get(key) ?? PLATFORM_ARGS[key] });
  if (platform && !PLATFORMS.has(platform))
    throw invalid(line, `this host builds for linux/amd64, not for ${quoted(platform)}. Leave --platform out`);
  return {
    index: before.length,
    ...(name !== undefined && { name }),
    base: baseOf(reference, before, line),
    ...(platform && { platform }),
    line,
    copies: [],
  };
}

function baseOf(reference: string, before: readonly Stage[], line: number): Base {
  const stage = before.find(({ name }) => name === reference.toLowerCase());
  if (stage !== undefined) return { kind: "stage", index: stage.index };
  if (reference === "scratch") return { kind: "scratch" };
  return image(reference, line);
}

/** Docker expands no variables here, and counts stages from 0. Later stages would be taken for images of that name. */
function copySource(
  from: string,
  stage: Stage,
  found: readonly Stage[],
  { instructions }: Dockerfile,
  line: number,
): Base {
  if (from.includes("$"))
    throw invalid(line, "COPY --from takes no variables. Name a stage with FROM $X AS name, and copy from that");
  if (/^[+-]?[0-9]+$/.test(from)) {
    const index = Number(from);
    if (index >= 0 && index < stage.index) return { kind: "stage", index };
    throw invalid(line, `COPY --from=${from} names no earlier stage`);
  }
  const name = from.toLowerCase();
  const earlier = found.find((other) => other.name === name && other !== stage);
  if (earlier !== undefined) return { kind: "stage", index: earlier.index };
  if (instructions.some((other) => other.keyword === "FROM" && parseFrom(other).name === name)) {
    throw invalid(line, `COPY --from=${from} names this stage or a later one. Only earlier stages can be copied from`);
  }
  if (from === "scratch") throw invalid(line, "COPY --from=scratch has nothing to copy");
  return image(from, line);
}

function image(reference: string, line: number): Base {
  if (isImageId(reference)) return { kind: "image", reference };
  try {
    parseReference(grantedName(reference)?.name ?? reference);
  } catch (cause) {
    throw cause instanceof InputError ? invalid(line, cause.detail.replace(/\.$/, "")) : cause;
  }
  return { kind: "image", reference };
}
