import { parseFrom } from "./from.ts";
import { emitInstruction, type Dockerfile, type Instruction } from "./read-dockerfile.ts";
import { stages, type Base, type BuildArgs, type Stage } from "./stages.ts";

/** Dockerfile text for the engine, in which each image from outside is the id that was looked up for it. */
export function pin(dockerfile: Dockerfile, buildArgs: BuildArgs, pins: ReadonlyMap<string, string>): string {
  const found = stages(dockerfile, buildArgs);
  const target = (base: Base): string => {
    if (base.kind === "scratch") return "scratch";
    if (base.kind === "stage") return found[base.index]?.name ?? String(base.index);
    const id = pins.get(base.reference);
    if (id === undefined || !/^sha256:[0-9a-f]{64}$/.test(id))
      throw new Error(`${base.reference} is not pinned to an image id`);
    return id;
  };
  let index = -1;
  let copy = 0;
  const pinned = dockerfile.instructions.map((instruction) => {
    if (instruction.keyword === "FROM") {
      index++;
      copy = 0;
      return pinFrom(instruction, found[index], target);
    }
    if (instruction.keyword !== "COPY" || !instruction.flags.some(({ name }) => name === "from")) return instruction;
    const from = found[index]?.copies[copy++]?.from;
    if (from === undefined) throw new Error("stages and instructions disagree");
    return {
      ...instruction,
      flags: instruction.flags.map((flag) => (flag.name === "from" ? { ...flag, value: target(from) } : flag)),
    };
  });
  return emitDockerfile({ ...dockerfile, instructions: pinned });
}

/** The canonical text: an escape directive where it is not the backslash, then one instruction per line. */
export function emitDockerfile({ escape, instructions }: Dockerfile): string {
  const lines = instructions.map(emitInstruction);
  if (escape !== "\\") lines.unshift(`# escape=${escape}`);
  return `${lines.join("\n")}\n`;
}

function pinFrom(instruction: Instruction, stage: Stage | undefined, target: (base: Base) => string): Instruction {
  if (stage === undefined) throw new Error("stages and instructions disagree");
  const { name } = parseFrom(instruction);
  // A platform beside an id makes some engines ask a registry for it.
  return { ...instruction, flags: [], text: `${target(stage.base)}${name === undefined ? "" : ` AS ${name}`}` };
}
