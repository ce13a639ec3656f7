import type { World } from "../support/index.ts";
import { Hafen } from "@hafen/sdk";
import { aim, lines, type Report } from "./report.ts";
import { figures, timed, type Figures, type Rounds } from "./samples.ts";

const CONTAINERS = 100_000;
const USERS = 1_000;
/** Of these users we have keys; the others are there to be in the way. */
const READERS = 10;
const HOSTS = 100;

interface Reader {
  client: Hafen;
  ids: string[];
}

/** Fills the database, then reads single containers and pages of many users in turn. */
export async function reads(world: World, rounds: Rounds, signal: AbortSignal): Promise<Report> {
  const readers = await fill(world);
  const one = (reader: Reader) =>
    reader.client.containers.get(reader.ids[Math.floor(Math.random() * reader.ids.length)] ?? "");
  const page = async ({ client }: Reader) => {
    const { items } = await client.containers.list({ limit: 50 });
    if (items.length !== 50) throw new Error(`the page has ${items.length} containers`);
  };
  const ways = [
    { name: "one container, 1 at a time", concurrency: 1, read: one },
    { name: "one container, 8 at a time", concurrency: 8, read: one },
    { name: "a page of 50, 1 at a time", concurrency: 1, read: page },
    { name: "a page of 50, 8 at a time", concurrency: 8, read: page },
  ];
  const taken: Figures[] = [];
  for (const { concurrency, read } of ways) taken.push(await readAll(readers, concurrency, read, rounds, signal));
  const table = lines(
    "read, 100,000 rows",
    ways.map(({ name }) => name),
    taken,
  ).map((line) => ({ ...line, ratio: null, differenceMs: null }));
  return {
    lines: table,
    aims: [aim("GET /v1/containers/{id} with 100,000 rows, p99", taken[0]?.p99Ms ?? Number.NaN, 10, "ms")],
  };
}

async function readAll(
  readers: Reader[],
  concurrency: number,
  read: (reader: Reader) => Promise<unknown>,
  { warmUp, counted }: Rounds,
  signal: AbortSignal,
): Promise<Figures> {
  const taken: number[] = [];
  let next = 0;
  async function lane() {
    for (let at = next++; at < warmUp + counted; at = next++) {
      signal.throwIfAborted();
      const reader = readers[at % readers.length];
      const ms = await timed(async () => reader && read(reader));
      if (at >= warmUp) taken.push(ms);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane));
  return figures(taken);
}

/** On hosts of their own, so that this world's worker does not take them for containers it should have. */
async function fill({ database: { sql }, user, url }: World): Promise<Reader[]> {
  const keys: string[] = [];
  for (let i = 0; i < READERS; i++) keys.push((await user(`reader-${i}`)).apiKey);
  await sql`
    insert into users (id, name, role)
    select 'usr_' || lpad(n::text, 26, '0'), 'other-' || n, 'user' from generate_series(1, ${USERS - READERS}::int) n`;
  await sql`
    insert into hosts (id, name, lease_holder, lease_expires_at, stream_url, cpus, memory_bytes, engine)
    select 'hst_' || lpad(n::text, 26, '0'), 'other-' || n, '', now() + interval '1 day', 'http://127.0.0.1:9', 2, 8e9, '{}'
      from generate_series(1, ${HOSTS}::int) n`;
  await sql`
    insert into containers (id, user_id, host_id, name, image_reference, image_digest, config, labels, limits, desired, state, start_due, exit_code, timings, started_at)
    select 'ctr_' || lpad(n::text, 26, '0'), u.id, 'hst_' || lpad((n % ${HOSTS}::int + 1)::text, 26, '0'), 'container-' || n, 'busybox', 'sha256:0',
           '{"env": {"PORT": "8080"}, "hostname": "h", "tty": false, "openStdin": false, "profile": "standard", "command": ["sleep", "1000"]}',
           jsonb_build_object('app', 'app-' || n % 7), '{"cpus": 1, "memoryBytes": 536870912, "pids": 256, "diskBytes": 1073741824}',
           s.state, s.state, false, case s.state when 'exited' then 0 end, '{"queueMs": 3, "createMs": 30, "startMs": 200, "readyMs": 240}', now()
      from generate_series(1, ${CONTAINERS}::int) n
      join (select id, row_number() over (order by name desc) - 1 as position from users where role = 'user' and name ~ '^(reader|other)-') u on u.position = n % ${USERS}::int
      cross join lateral (select case n % 3 when 0 then 'running' else 'exited' end as state) s`;
  await sql.unsafe("analyze");
  const readers = await Promise.all(
    keys.map(async (apiKey, i) => {
      const rows = await sql<
        { id: string }[]
      >`select c.id from containers c join users u on u.id = c.user_id where u.name = ${`reader-${i}`}`;
      return { client: new Hafen({ url, apiKey }), ids: rows.map((row) => row.id) };
    }),
  );
  if (readers.some(({ ids }) => ids.length !== CONTAINERS / USERS))
    throw new Error("the rows were not spread as they should be");
  return readers;
}
