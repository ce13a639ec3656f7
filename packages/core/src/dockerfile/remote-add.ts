import { InputError } from "../archive/error.ts";
import { quoted } from "../archive/quoted.ts";
import { jsonForm } from "./json-form.ts";
import { readTrigger, type Dockerfile, type Instruction } from "./read-dockerfile.ts";
import { fields } from "./space.ts";

/** What some engine fetches by itself, outside every firewall of ours: 20.10 the first two, later ones git repositories too. */
const REMOTE = ["http://", "https://", "ftp://", "git@", "git://", "ssh://", "github.com/"];

/** Refuses every ADD, also after ONBUILD, whose source is a URL or could become one when its variables are filled in. */
export function refuseRemoteAdd(dockerfile: Dockerfile): void {
  for (const instruction of dockerfile.instructions) refuseRemote(instruction.onBuild ?? instruction);
}

/** The same for the triggers in a base image's configuration, which run in the build that stands on it. */
export function refuseOnBuild(triggers: readonly string[]): void {
  for (const trigger of triggers) {
    try {
      refuseRemote(readTrigger(trigger));
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      const detail = `The base image has the ONBUILD trigger ${quoted(trigger)}, which cannot run here. ${cause.detail.replace(/^Dockerfile line \d+: /, "")}`;
      throw new InputError(cause.code, detail, { cause });
    }
  }
}

function refuseRemote({ keyword, text, line }: Instruction): void {
  if (keyword !== "ADD") return;
  const sources = (jsonForm(text) ?? fields(text)).slice(0, -1);
  for (const source of sources) {
    // Quotes and both escape characters go wherever they stand: that may find a remote too many, never one too few.
    const bare = source.replace(/["'\\`]/g, "").toLowerCase();
    const dollar = bare.indexOf("$");
    const prefix = dollar === -1 ? bare : bare.slice(0, dollar);
    if (REMOTE.some((scheme) => prefix.startsWith(scheme))) {
      throw refused(
        line,
        `ADD from a URL (${quoted(source)}) is not allowed. Put the file into the context, or fetch it with RUN`,
      );
    }
    if (dollar !== -1 && REMOTE.some((scheme) => scheme.startsWith(prefix))) {
      throw refused(
        line,
        `the source ${quoted(source)} of ADD could become a URL. If it is a file, write ${quoted(`./${source}`)}`,
      );
    }
  }
}

function refused(line: number, why: string): InputError {
  return new InputError("remote_add_refused", `Dockerfile line ${line}: ${why}.`);
}
