import { readFile } from "node:fs/promises";
import { command } from "../../command.ts";
import { lines } from "../../result.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: {},
  async run() {
    const path = new URL("../../../package.json", import.meta.url);
    const { version } = JSON.parse(await readFile(path, "utf8")) as { version: string };
    return lines([`hafen ${version}`], { version });
  },
});
