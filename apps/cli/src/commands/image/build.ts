import { directoryContext } from "../../archive/build-context.ts";
import { standardInputContext } from "../../archive/standard-input.ts";
import { buildOutput } from "../../build-output.ts";
import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { many, on, one } from "../../flags.ts";
import { pair } from "../../format/quantities.ts";
import { stream } from "../../result.ts";
import { withProgress } from "../../upload-progress.ts";

export default command({
  usage: "PATH|-",
  takes: [1, 1],
  flags: {
    tag: many("NAME[:TAG]", ["t", "What to call the image"]),
    file: one("FILE", ["f", "The Dockerfile; default PATH/Dockerfile"]),
    target: one("STAGE", ["Build only up to this stage"]),
    buildArg: many("NAME=VALUE", ["Give an ARG; NAME alone takes it from here"]),
    noCache: on("Run every step anew"),
    label: many("KEY=VALUE", ["Label the image"], pair),
    quiet: on("q", "Print only the image's id"),
  },
  async run(ctx, { flags, args: [path = ""] }) {
    const {
      tag: [tag, ...more],
      target,
      noCache,
      label,
      quiet,
      file,
    } = flags;
    if (path === "-" && file === "-") throw new UsageError("standard input is the context or the Dockerfile, not both");
    const client = await ctx.client();
    const { tar, dockerfile } =
      path === "-"
        ? await standardInputContext(ctx.stdin, file)
        : await directoryContext({ cwd: ctx.cwd, path, file, stdin: ctx.stdin });
    const build = await client.builds.create(quiet ? tar : withProgress(ctx, "Sending build context", tar), {
      tag,
      dockerfile,
      target,
      ...(noCache ? { noCache } : {}),
      buildArgs: buildArguments(flags.buildArg, ctx.env),
      labels: label.length > 0 ? Object.fromEntries(label) : undefined,
    });
    const built = async ({ imageId }: typeof build) => {
      for (const name of more) await client.images.tag(imageId ?? "", name);
    };
    return stream(buildOutput(ctx, client, build, { quiet, built }));
  },
});

function buildArguments(
  given: string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> | undefined {
  const all = given.flatMap((text): [string, string][] => {
    const value = env[text];
    return text.includes("=") ? [pair(text)] : value === undefined ? [] : [[text, value]];
  });
  return all.length > 0 ? Object.fromEntries(all) : undefined;
}
