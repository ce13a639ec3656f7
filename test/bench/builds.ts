import { buffer } from "node:stream/consumers";
import type { Hafen } from "@hafen/sdk";
import { pack } from "tar-stream";
import type { Bare } from "./bare.ts";
import { aim, lines, type Report } from "./report.ts";
import { interleave, timed, type Rounds } from "./samples.ts";

const FILES = 100;
const FILE_BYTES = 10_000;

/** The same bytes for both: a context of a hundred small files over a base that both sides know by one name. */
function context(base: string): Promise<Buffer> {
  const tar = pack();
  const dockerfile = [
    `FROM ${base}`,
    "ENV BENCH=1",
    "WORKDIR /srv",
    "COPY src/ /srv/src/",
    "RUN cat /srv/src/* | wc -c > /srv/bytes",
    'CMD ["sleep", "1000"]',
  ].join("\n");
  tar.entry({ name: "Dockerfile" }, `${dockerfile}\n`);
  for (let file = 0; file < FILES; file++) tar.entry({ name: `src/file-${file}.txt` }, contents(file));
  tar.finalize();
  return buffer(tar);
}

function contents(file: number): string {
  let text = "";
  for (let line = 0; text.length < FILE_BYTES; line++)
    text += `${file} ${line} ${(file * 7919 + line * 104_729) % 1_000_003}\n`;
  return text.slice(0, FILE_BYTES);
}

export async function cachedBuild({
  user,
  bare,
  base,
  rounds,
  signal,
}: {
  user: Hafen;
  bare: Bare;
  base: string;
  rounds: Rounds;
  signal: AbortSignal;
}): Promise<Report> {
  const tar = await context(base);
  const tag = `${base.split(":")[0]}:built`;
  const ways = [
    {
      name: "docker build, classic builder",
      run: () => timed(() => bare.cli(["build", "--tag", tag, "-"], tar, { DOCKER_BUILDKIT: "0" })),
    },
    {
      name: "Hafen API",
      run: () =>
        timed(async () => {
          const { state, failure } = await user.builds.create(tar, { tag: "bench:built", waitSeconds: 120 });
          if (state !== "succeeded") throw new Error(`the build ${state}: ${JSON.stringify(failure)}`);
        }),
    },
  ];
  try {
    const taken = await interleave(ways, rounds, signal);
    const table = lines(
      "cached build",
      ways.map(({ name }) => name),
      taken,
    );
    return { lines: table, aims: [aim("cached build to docker build, p50", table[1]?.ratio ?? Number.NaN, 1.2, "×")] };
  } finally {
    await bare.docker
      .getImage(tag)
      .remove({ force: true })
      .catch(() => {}); // interrupted before there was one
  }
}
