import { once } from "node:events";
import { IMAGE, removed, SLEEP, WAIT, type ContainerBench } from "./containers.ts";
import { aim, lines, type Report } from "./report.ts";
import { interleave, timed } from "./samples.ts";

export async function exec({ user, bare, rounds, signal }: ContainerBench): Promise<Report> {
  const made = await user.containers.create({ image: IMAGE, command: SLEEP }, WAIT);
  const Cmd = ["echo", "hello"];
  const container = bare.docker.getContainer(made.id);
  const ways = [
    {
      name: "dockerode create+start+read+inspect",
      run: () =>
        timed(async () => {
          const one = await container.exec({ Cmd, AttachStdout: true, AttachStderr: true });
          const output = await one.start({ hijack: true, stdin: false });
          output.resume();
          await once(output, "end");
          const { ExitCode } = await one.inspect();
          if (ExitCode !== 0) throw new Error(`the exec ended with ${ExitCode}`);
        }),
    },
    {
      name: "Hafen API",
      run: () =>
        timed(async () => {
          const { exitCode, stdout } = await user.containers.exec(made.id, { command: Cmd });
          if (exitCode !== 0 || stdout !== "hello\n") throw new Error(`the exec ended with ${exitCode}: ${stdout}`);
        }),
    },
    {
      name: "docker exec",
      run: () => timed(() => bare.cli(["exec", made.id, ...Cmd])),
    },
  ];
  const taken = await interleave(ways, rounds, signal);
  await removed(user, made);
  const table = lines(
    "exec",
    ways.map(({ name }) => name),
    taken,
  );
  return {
    lines: table,
    aims: [aim("exec over the bare engine, p50", table[1]?.differenceMs ?? Number.NaN, 10, "ms")],
  };
}
