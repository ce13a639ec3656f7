import type { Command } from "./command.ts";
import { COMMANDS } from "./commands/table.ts";
import { longName, type Flags } from "./flags.ts";
import { columns } from "./format/columns.ts";
import { GLOBAL_FLAGS } from "./global-flags.ts";

function rowsOf(flags: Flags): string[] {
  const cells = Object.entries(flags).map(([name, { short, value, help }]) => {
    const spelled = `${short ? `-${short}, ` : "    "}--${longName(name)}${value === undefined ? "" : ` ${value}`}`;
    return [`  ${spelled}`, help];
  });
  return columns(["", ""], cells).slice(1);
}

export function commandHelp(name: string, summary: string, { usage, flags }: Command): string[] {
  const own = Object.keys(flags).length > 0 ? ["", "Flags:", ...rowsOf(flags)] : [];
  return [
    `Usage: hafen ${name}${own.length > 0 ? " [FLAGS]" : ""}${usage === "" ? "" : ` ${usage}`}`,
    "",
    summary,
    ...own,
    "",
    "Global flags:",
    ...rowsOf(GLOBAL_FLAGS),
  ];
}

export function overview(): string[] {
  const commands = columns(
    ["", ""],
    COMMANDS.map(({ name, summary }) => [`  ${name}`, summary]),
  ).slice(1);
  return [
    "Usage: hafen COMMAND",
    "",
    "Images, containers and volumes on a Hafen service, with docker's words and flags.",
    "",
    "Commands:",
    ...commands,
    "",
    "Docker's long forms are taken, too, as container ls and image rm.",
    "",
    "Global flags:",
    ...rowsOf(GLOBAL_FLAGS),
    "",
    "hafen COMMAND --help shows a command's flags.",
  ];
}
