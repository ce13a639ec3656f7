import { randomBytes } from "node:crypto";
import type { Build, Container, CreateContainer, Hafen } from "@hafen/sdk";
import { eventually } from "./eventually.ts";
import type { World } from "./world.ts";

/** Containers and builds whose output tells how often they were really run. */
export class Workload {
  readonly #world: World;
  readonly #client: Hafen;

  constructor(world: World, client: Hafen = world.admin) {
    this.#world = world;
    this.#client = client;
  }

  /** Asks for a container that says `started` once for each start and then stays; does not wait for it. */
  request(body: Partial<CreateContainer> = {}): Promise<Container> {
    return this.#client.containers.create({
      image: "busybox",
      command: ["sh", "-c", "echo started; exec sleep 1000"],
      ...body,
    });
  }

  async running(body: Partial<CreateContainer> = {}): Promise<Container> {
    const { id } = await this.request(body);
    await eventually(`${id} runs`, async () => (await this.state(id)) === "running");
    return this.#client.containers.get(id);
  }

  async state(id: string): Promise<string | undefined> {
    const [row] = await this.#world.database.sql<{ state: string }[]>`select state from containers where id = ${id}`;
    return row?.state;
  }

  async starts(id: string): Promise<number> {
    let count = 0;
    for await (const { text } of this.#client.containers.logs(id)) if (text === "started") count += 1;
    return count;
  }

  /** A build whose only step says `begun` and then takes so long; in no cache. Answers once the step runs. */
  async runningBuild(tag: string, seconds: number): Promise<Build> {
    const mark = randomBytes(6).toString("hex");
    const dockerfile = `FROM busybox\nRUN echo begun ${mark} && sleep ${seconds} && echo ${mark} > /mark\n`;
    const build = await this.#client.builds.createFromFiles({ dockerfile }, { tag });
    await this.buildRuns(build.id, 1);
    return build;
  }

  /** Waits until the step of this attempt runs. */
  async buildRuns(id: string, attempt: number): Promise<void> {
    await eventually(`attempt ${attempt} of ${id} runs`, async () => {
      const begun = await this.#world.database.sql`
        select 1 from build_log_chunks c cross join lateral jsonb_array_elements(c.lines) line
         where c.build_id = ${id} and line->>'stream' = 'stdout' and line->>'text' like 'begun %'`;
      return begun.length >= attempt;
    });
  }

  async build(
    id: string,
  ): Promise<{ state: string; attempt: number; failure: { code: string } | null; images: number; log: string }> {
    const { sql } = this.#world.database;
    const [row] = await sql<
      { state: string; attempt: number; failure: { code: string } | null }[]
    >`select state, attempt, failure from builds where id = ${id}`;
    if (!row) throw new Error(`the row of ${id} is lost`);
    const images = await sql`select 1 from images where build_id = ${id}`;
    const lines = await sql<{ text: string }[]>`
      select line->>'text' as text from build_log_chunks c cross join lateral jsonb_array_elements(c.lines) with ordinality as l(line, n)
       where c.build_id = ${id} order by c.first_line, n`;
    return { ...row, images: images.length, log: lines.map(({ text }) => text).join("\n") };
  }
}
