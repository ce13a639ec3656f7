import { InputError } from "../archive/error.ts";
import { quoted } from "../archive/quoted.ts";
import { takeFlags, type Flag } from "./flags.ts";
import { parseFrom } from "./from.ts";
import { invalid } from "./invalid.ts";
import { jsonForm } from "./json-form.ts";
import { logicalLines, type Escape, type LogicalLine } from "./logical-lines.ts";
import { fields } from "./space.ts";
import { words } from "./words.ts";

/*
 * The engine never reads a user's Dockerfile. We read it (this file), decide what each FROM, COPY --from and ADD may reach (stages.ts,
 * remote-add.ts), and hand the engine text of our own (pin.ts): one instruction per line, in a form that every engine reads alike.
 * Reading follows the classic builder of engine 20.10: logical-lines.ts joins lines, flags.ts takes `--name=value` off the front,
 * and the arguments stay as they were, byte for byte. A construct that we or the classic builder do not know is an error with its
 * line; so is one that engines read differently. All of it is linear in the size of the text, which is bounded first.
 */
export interface Instruction {
  /** In capitals. */
  keyword: string;
  flags: readonly Flag[];
  /** The arguments, as written. For ONBUILD the trigger in canonical form. */
  text: string;
  line: number;
  onBuild?: Instruction;
}

export interface Dockerfile {
  escape: Escape;
  instructions: readonly Instruction[];
}

const KEYWORDS: ReadonlySet<string> = new Set(
  "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split(
    " ",
  ),
);
const NOT_IN_TRIGGER: ReadonlySet<string> = new Set(["FROM", "ONBUILD", "MAINTAINER"]);
const MAX_INSTRUCTIONS = 300;

export function readDockerfile(text: string): Dockerfile {
  const { escape, lines } = logicalLines(text);
  const first = lines.find(({ text: line }) => !/^arg[\t ]/i.test(line));
  if (first === undefined)
    throw new InputError("dockerfile_invalid", "The Dockerfile has no FROM. Start it with FROM and a base image.");
  const excess = lines[MAX_INSTRUCTIONS];
  if (excess !== undefined)
    throw invalid(
      excess.line,
      `is instruction ${MAX_INSTRUCTIONS + 1}; ${MAX_INSTRUCTIONS} are allowed. Join RUN steps with &&`,
    );
  const instructions = lines.map((line) => readInstruction(line, escape));
  const start = instructions.find(({ keyword }) => keyword !== "ARG");
  if (start !== undefined && start.keyword !== "FROM")
    throw invalid(start.line, `${start.keyword} comes before FROM. Only ARG may`);
  return { escape, instructions };
}

/** An ONBUILD trigger as a base image's configuration records it; engines read it by itself, with its own directives. */
export function readTrigger(text: string): Instruction {
  const { escape, lines } = logicalLines(text);
  const [line] = lines;
  if (line === undefined || lines.length !== 1) throw invalid(1, "a trigger must be one instruction");
  return inTrigger(readInstruction(line, escape, true));
}

/** The one form in which instructions reach the engine. */
export function emitInstruction({ keyword, flags, text }: Pick<Instruction, "keyword" | "flags" | "text">): string {
  return [keyword, ...flags.map(({ name, value }) => `--${name}=${value}`), text].join(" ");
}

function readInstruction({ text: source, line }: LogicalLine, escape: Escape, nested = false): Instruction {
  const blank = source.search(/[\t ]/);
  const word = blank === -1 ? source : source.slice(0, blank);
  // An ASCII test first: toUpperCase turns other letters, as the long s, into ours.
  const keyword = /^[A-Za-z]+$/.test(word) ? word.toUpperCase() : "";
  if (!KEYWORDS.has(keyword))
    throw invalid(line, `${quoted(word)} is no instruction. Correct it, or end the line before it with ${escape}`);
  if (nested && NOT_IN_TRIGGER.has(keyword)) throw invalid(line, `ONBUILD ${keyword} is not allowed. Remove it`);
  const { flags, text } = takeFlags(keyword, blank === -1 ? "" : source.slice(blank), line);
  if (text === "") throw invalid(line, `${keyword} needs an argument`);
  if (keyword === "ONBUILD") {
    const onBuild = inTrigger(readInstruction({ text, line }, escape, true));
    return { keyword, flags, text: emitInstruction(onBuild), line, onBuild };
  }
  const instruction = { keyword, flags, text, line };
  if (keyword === "FROM") parseFrom(instruction);
  if (keyword === "ADD" || keyword === "COPY") checkCopy(instruction);
  if (keyword === "ADD" || keyword === "COPY" || keyword === "RUN") refuseHeredoc(instruction, escape);
  return instruction;
}

function inTrigger(instruction: Instruction): Instruction {
  const { flags, line } = instruction;
  // It would name an image in somebody's later build, where nobody has looked it up.
  if (flags.some(({ name }) => name === "from"))
    throw invalid(line, "ONBUILD COPY --from is not allowed. Copy it in the Dockerfile that builds on this image");
  return instruction;
}

function checkCopy({ keyword, text, line }: Instruction): void {
  const listed = jsonForm(text);
  if (listed === undefined && text.startsWith("["))
    throw invalid(line, `${keyword} starts with [ but is no JSON list of strings. Write ["source", "target"]`);
  if ((listed ?? fields(text)).length < 2) throw invalid(line, `${keyword} needs a source and a target`);
}

/** BuildKit's own pattern, and so every word that some engine takes for the start of a here-document. */
function refuseHeredoc({ text, line }: Instruction, escape: Escape): void {
  if (jsonForm(text) !== undefined || !text.includes("<<")) return;
  if (!words(text, escape).some((word) => /^[0-9]*<<-?[^<]+$/.test(word))) return;
  throw invalid(
    line,
    "here-documents (<<) need BuildKit, which is not allowed here. Put the lines into a file of the context, join them with && and \\, or use printf; a shift needs blanks around <<",
  );
}
