import { InputError } from "../archive/error.ts";
import { quoted } from "../archive/quoted.ts";
import { emitInstruction, readDockerfile } from "./read-dockerfile.ts";
import { refuseRemoteAdd } from "./remote-add.ts";

/** What `docker commit --change` takes, and STOPSIGNAL. */
const ALLOWED = "CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD STOPSIGNAL USER VOLUME WORKDIR".split(" ");

export interface Changes {
  /** One instruction each, in the form in which every engine reads them alike. */
  instructions: string[];
  /** Apart, since engines up to 20.10 do not take it among the others. */
  stopSignal?: string;
}

/** Reads instructions that only change an image's configuration, each by itself. */
export function readChanges(texts: readonly string[]): Changes {
  const changes: Changes = { instructions: [] };
  for (const text of texts) {
    const instruction = readOne(text);
    if (instruction.keyword === "STOPSIGNAL") changes.stopSignal = signalOf(instruction.text);
    else changes.instructions.push(emitInstruction(instruction));
  }
  return changes;
}

function readOne(text: string) {
  const refuse = (why: string, cause?: unknown) =>
    new InputError("dockerfile_invalid", `The change ${quoted(text)} ${why}.`, { cause });
  try {
    // A Dockerfile needs its FROM; what follows it is read as in any other.
    const dockerfile = readDockerfile(`FROM scratch\n${text}\n`);
    refuseRemoteAdd(dockerfile);
    const [, instruction, ...more] = dockerfile.instructions;
    if (!instruction || more.length > 0) throw refuse("must be one instruction");
    if (!ALLOWED.includes(instruction.keyword)) throw refuse(`is none of ${ALLOWED.join(", ")}`);
    return instruction;
  } catch (error) {
    if (!(error instanceof InputError) || error.detail.startsWith("The change")) throw error;
    const why = error.detail.replace(/^Dockerfile line \d+: /, "").replace(/\.$/, "");
    throw error.code === "dockerfile_invalid"
      ? refuse(`is not valid: ${why}`, error)
      : new InputError(error.code, `The change ${quoted(text)}: ${why}.`, { cause: error });
  }
}

function signalOf(text: string): string {
  if (/^(SIG)?[A-Z][A-Z0-9+-]{0,15}$|^[1-9][0-9]?$/.test(text)) return text;
  throw new InputError("dockerfile_invalid", `${quoted(text)} is no signal. Write it as SIGTERM or 15.`);
}
