import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { Container, Hafen } from "@hafen/sdk";
import type { ContainerCreateOptions, ContainerInspectInfo } from "dockerode";
import type { Bare } from "./bare.ts";
import { aim, lines, type Report } from "./report.ts";
import { figures, interleave, timed, type Rounds } from "./samples.ts";

export const IMAGE = "busybox";
export const SLEEP = ["sleep", "1000"];
const HELLO = ["sh", "-c", "echo hello; exec sleep 1000"];
export const WAIT = { waitSeconds: 60 };

export interface ContainerBench {
  user: Hafen;
  bare: Bare;
  /** The name under which the engine knows the image outside Hafen. */
  image: string;
  rounds: Rounds;
  signal: AbortSignal;
}

/** What the engine was told about a container that Hafen made: the bare ways make theirs of the same. */
async function sameAs({ bare, user, image }: ContainerBench): Promise<(command: string[]) => ContainerCreateOptions> {
  const made = await user.containers.create({ image: IMAGE, command: SLEEP }, WAIT);
  const found: ContainerInspectInfo = await bare.docker.getContainer(made.id).inspect();
  await removed(user, made);
  const [key = "", value = ""] = bare.label.split("=");
  return (Cmd) => ({
    Image: image,
    Cmd,
    Hostname: found.Config.Hostname,
    Env: found.Config.Env,
    Labels: { [key]: value },
    HostConfig: found.HostConfig,
  });
}

export async function createToRunning(bench: ContainerBench): Promise<Report> {
  const { user, bare, image, rounds, signal } = bench;
  const options = (await sameAs(bench))(SLEEP);
  const stages: Record<string, number[]> = {};
  const ways = [
    {
      name: "dockerode create+start",
      async run() {
        let id = "";
        const ms = await timed(async () => {
          const container = await bare.docker.createContainer(options);
          id = container.id;
          await container.start();
        });
        await bare.remove(id);
        return ms;
      },
    },
    {
      name: "Hafen API",
      async run() {
        let made: Container | undefined;
        const ms = await timed(async () => {
          made = await user.containers.create({ image: IMAGE, command: SLEEP }, WAIT);
        });
        if (made?.state !== "running") throw new Error(`the container is ${made?.state}`);
        for (const [name, value] of Object.entries(made.timings)) (stages[name] ??= []).push(value);
        await removed(user, made);
        return ms;
      },
    },
    {
      name: "docker run -d",
      async run() {
        let id = "";
        const ms = await timed(async () => {
          id = await bare.cli(["run", "-d", "--init", "--label", bare.label, image, ...SLEEP]);
        });
        await bare.remove(id);
        return ms;
      },
    },
  ];
  const taken = await interleave(ways, rounds, signal);
  const table = lines(
    "create→running",
    ways.map(({ name }) => name),
    taken,
  );
  return {
    lines: table,
    aims: [aim("create→running over the bare engine, p50", table[1]?.differenceMs ?? Number.NaN, 25, "ms")],
    stages: Object.fromEntries(
      Object.entries(stages).map(([name, values]) => [name, figures(values.slice(rounds.warmUp)).p50Ms]),
    ),
  };
}

export async function createToFirstOutput(bench: ContainerBench): Promise<Report> {
  const { user, bare, image, rounds, signal } = bench;
  const options = (await sameAs(bench))(HELLO);
  const ways = [
    {
      name: "dockerode create+attach+start",
      async run() {
        let id = "";
        const ms = await timed(async () => {
          const container = await bare.docker.createContainer(options);
          id = container.id;
          const output = await container.attach({ stream: true, stdout: true, stderr: true });
          await Promise.all([container.start(), once(output, "data")]);
          (output as Duplex).destroy();
        });
        await bare.remove(id);
        return ms;
      },
    },
    {
      name: "Hafen API, followed logs",
      async run() {
        let made: Container | undefined;
        const ms = await timed(async () => {
          made = await user.containers.create({ image: IMAGE, command: HELLO }, WAIT);
          for await (const { text } of user.containers.logs(made.id, { follow: true })) if (text === "hello") break;
        });
        if (made) await removed(user, made);
        return ms;
      },
    },
    {
      name: "docker run",
      async run() {
        const name = `hafen-bench-${process.pid}`;
        const ms = await timed(() =>
          bare.cliFirstByte(["run", "--name", name, "--init", "--label", bare.label, image, ...HELLO]),
        );
        await bare.remove(name);
        return ms;
      },
    },
  ];
  const taken = await interleave(ways, rounds, signal);
  return {
    lines: lines(
      "create→first output",
      ways.map(({ name }) => name),
      taken,
    ),
    aims: [],
  };
}

export async function removed(user: Hafen, { id }: Container): Promise<void> {
  await user.containers.remove(id, { force: true, volumes: true, ...WAIT });
}
