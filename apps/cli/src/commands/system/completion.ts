import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { longName } from "../../flags.ts";
import { GLOBAL_FLAGS } from "../../global-flags.ts";
import { lines } from "../../result.ts";
import { findCommand, NAMES } from "../table.ts";

/** What to complete is in the script itself: a Tab starts no process. */
export default command({
  usage: "bash|zsh",
  takes: [1, 1],
  flags: {},
  async run(_, { args: [shell] }) {
    if (shell !== "bash" && shell !== "zsh") throw new UsageError("bash or zsh");
    const known = await Promise.all(
      NAMES.map(async (name) => {
        const flags = { ...GLOBAL_FLAGS, ...(await findCommand(name.split(" "))?.row.load())?.default.flags };
        return { name, flags: Object.keys(flags).map((flag) => `--${longName(flag)}`) };
      }),
    );
    const [twoWords, oneWord] = [
      known.filter(({ name }) => name.includes(" ")),
      known.filter(({ name }) => !name.includes(" ")),
    ];
    const firsts = [...new Set(NAMES.map((name) => name.split(" ")[0] ?? ""))];
    const afterFirst = firsts.map((first) => {
      const verbs = twoWords.flatMap(({ name }) =>
        name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : [],
      );
      return caseOf(first, [...verbs, ...(oneWord.find(({ name }) => name === first)?.flags ?? [])]);
    });
    const script = [
      ...(shell === "zsh" ? ["autoload -U +X bashcompinit && bashcompinit"] : []),
      "_hafen() {",
      '  local current="${COMP_WORDS[COMP_CWORD]}" first="${COMP_WORDS[1]}" second="${COMP_WORDS[2]}" words=""',
      '  if [ "$COMP_CWORD" -eq 1 ]; then',
      `    words="${firsts.join(" ")}"`,
      '  else case "$first" in',
      ...afterFirst,
      "  esac; fi",
      '  if [ "$COMP_CWORD" -gt 2 ]; then case "$first $second" in',
      ...twoWords.map(({ name, flags }) => caseOf(name, flags)),
      "  esac; fi",
      '  case "$current" in -*) ;; *) [ "$COMP_CWORD" -gt 2 ] && words="" ;; esac',
      '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
      "}",
      "complete -o default -F _hafen hafen",
    ];
    return lines(script, script);
  },
});

function caseOf(words: string, completions: string[]): string {
  return `    "${words}") words="${completions.join(" ")}";;`;
}
