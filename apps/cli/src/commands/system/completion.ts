import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { longName } from "../../flags.ts";
import { GLOBAL_FLAGS } from "../../global-flags.ts";
import { lines } from "../../result.ts";
import { COMMANDS } from "../table.ts";

/** What to complete is in the script itself: a Tab starts no process. */
export default command({
  usage: "bash|zsh",
  takes: [1, 1],
  flags: {},
  async run(_, { args: [shell] }) {
    if (shell !== "bash" && shell !== "zsh") throw new UsageError("bash or zsh");
    const cases = await Promise.all(
      COMMANDS.map(async ({ name, load }) => {
        const flags = Object.keys({ ...GLOBAL_FLAGS, ...(await load()).default.flags });
        return `    "${name}") words="${flags.map((flag) => `--${longName(flag)}`).join(" ")}";;`;
      }),
    );
    const firsts = [...new Set(COMMANDS.map(({ name }) => name.split(" ")[0]))].join(" ");
    const nouns = [...new Set(COMMANDS.flatMap(({ name }) => (name.includes(" ") ? [name.split(" ")[0] ?? ""] : [])))];
    const verbs = nouns.map((noun) => {
      const all = COMMANDS.flatMap(({ name }) => (name.startsWith(`${noun} `) ? [name.slice(noun.length + 1)] : []));
      return `    "${noun}") words="${all.join(" ")}";;`;
    });
    const script = [
      ...(shell === "zsh" ? ["autoload -U +X bashcompinit && bashcompinit"] : []),
      "_hafen() {",
      '  local current="${COMP_WORDS[COMP_CWORD]}" first="${COMP_WORDS[1]}" second="${COMP_WORDS[2]}" words="" name',
      '  name="$first"',
      `  case " ${nouns.join(" ")} " in *" $first "*) [ "$COMP_CWORD" -gt 2 ] && name="$first $second";; esac`,
      '  if [ "$COMP_CWORD" -eq 1 ]; then',
      `    words="${firsts}"`,
      '  else case "$name" in',
      ...verbs,
      ...cases,
      "  esac; fi",
      '  case "$current" in -*) ;; *) [ "$COMP_CWORD" -gt 2 ] && words="" ;; esac',
      '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
      "}",
      "complete -o default -F _hafen hafen",
    ];
    return lines(script, script);
  },
});
