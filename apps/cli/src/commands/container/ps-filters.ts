import { HafenError, type Container, type Hafen } from "@hafen/sdk";
import { UsageError } from "../../failures.ts";
import { imageRef } from "../../short-ids.ts";

type Match = (container: Container) => boolean;

/** What `ps -f KEY=VALUE` finds, in docker's meaning. */
const FILTERS: Record<string, (value: string, client: Hafen) => Match | Promise<Match>> = {
  name: matchesName,
  id:
    (value) =>
    ({ id }) =>
      id.startsWith(value) || id.endsWith(value),
  status:
    (value) =>
    ({ state }) =>
      state === value,
  label: hasLabel,
  volume:
    (value) =>
    ({ mounts }) =>
      mounts.some(({ volume, source, target }) => [volume?.name, volume?.id, source, target].includes(value)),
  ancestor: isOfImage,
  health:
    (value) =>
    ({ health }) =>
      (health?.status ?? "none") === value,
  exited:
    (value) =>
    ({ state, exitCode }) =>
      state === "exited" && exitCode === Number(value),
};
/** All of these must hold; of several values of another key one is enough. */
const ALL_OF = ["label"];
export const FILTER_KEYS = Object.keys(FILTERS).join(", ");

/** @throws UsageError before the service is asked. */
export async function containerFilter(client: () => Promise<Hafen>, filters: [string, string][]): Promise<Match> {
  const byKey = new Map<string, string[]>();
  for (const [key, value] of filters) {
    if (!Object.hasOwn(FILTERS, key)) throw new UsageError(`invalid filter '${key}': ${FILTER_KEYS}`);
    byKey.set(key, [...(byKey.get(key) ?? []), value]);
  }
  const groups: Match[] = [];
  for (const [key, values] of byKey) {
    const make = FILTERS[key] ?? (() => () => true);
    const matches = await Promise.all(values.map(async (value) => make(value, await client())));
    const [every, some] = [matches.every.bind(matches), matches.some.bind(matches)];
    groups.push((container) => (ALL_OF.includes(key) ? every : some)((match) => match(container)));
  }
  return (container) => groups.every((match) => match(container));
}

/** A regular expression; of a name with docker's slash before it, too. */
function matchesName(value: string): Match {
  let pattern: RegExp;
  try {
    pattern = new RegExp(value);
  } catch {
    throw new UsageError(`invalid filter 'name': ${value} is no regular expression`);
  }
  return ({ name }) => pattern.test(name) || pattern.test(`/${name}`);
}

function hasLabel(value: string): Match {
  const [key = "", ...rest] = value.split("=");
  const wanted = rest.join("=");
  // Docker writes a label without a value without the equals sign.
  return ({ labels }) => Object.hasOwn(labels, key) && (wanted === "" || labels[key] === wanted);
}

async function isOfImage(value: string, client: Hafen): Promise<Match> {
  try {
    const { id } = await client.images.get(await imageRef(client, value));
    return ({ image }) => image.id === id;
  } catch (error) {
    if (error instanceof HafenError && ["image_not_found", "reference_invalid"].includes(error.code))
      return () => false;
    throw error;
  }
}
