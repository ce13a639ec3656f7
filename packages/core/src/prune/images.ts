import type { Prune } from "@hafen/contract";
import { basesInUse, heldImages, tagsOf, type HeldImage } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { layeredOf } from "../image/layered.ts";
import { plant, shares, uproot } from "../image/layer-forest.ts";
import { removeImage } from "../image/remove.ts";
import { carryOut, type Outcome, type Verdict } from "./carry-out.ts";
import { unmet } from "./rule.ts";

type Rule = NonNullable<Prune["images"]>;
type Bases = Awaited<ReturnType<typeof basesInUse>>;
interface Judged {
  image: HeldImage;
  tags: string[];
  kept: string | undefined;
}

/** As `docker image prune`: own images that nothing needs and, unless `all`, that have no name. What they stand on goes after them. */
export async function pruneImages(
  ctx: Ctx,
  rule: Rule,
  { gone, dryRun }: { gone: ReadonlySet<string>; dryRun: boolean },
): Promise<Outcome> {
  const { userId } = ctx.actor;
  const all = rule !== true && (rule.all ?? false);
  const held = await heldImages(ctx.db, userId);
  const own = held.filter((image) => image.userId === userId);
  const [tags, bases, layered] = await Promise.all([
    tagsOf(
      ctx.db,
      userId,
      own.map(({ id }) => id),
    ),
    basesInUse(ctx.db, userId),
    layeredOf(ctx.db, held),
  ]);
  const tagsById = Map.groupBy(tags, ({ imageId }) => imageId);
  const judged = own.map((image) => {
    const names = (tagsById.get(image.id) ?? []).map(({ name }) => name);
    return { image, tags: names, kept: whyKept(image, names, rule, gone, bases) };
  });
  keepBases(judged, bases);

  const forest = plant(layered);
  const byId = new Map(layered.map((image) => [image.id, image]));
  return carryOut(
    // The newest first: what an image stands on is older, and is there as long as it is.
    judged.toReversed().map((one) => toVerdict(one, all)),
    {
      kind: "image",
      remove: (id) => removeImage(ctx, id, { untagged: !all }),
      bytes(id, goes) {
        const image = byId.get(id);
        if (!image) return null;
        return goes ? uproot(forest, image) : shares(forest, image).uniqueBytes;
      },
    },
    dryRun,
  );
}

function whyKept(
  image: HeldImage,
  tags: string[],
  rule: Rule,
  gone: ReadonlySet<string>,
  bases: Bases,
): string | undefined {
  const users = image.madeInto.filter(({ containerId }) => !gone.has(containerId)).map(({ name }) => name);
  if (image.catalog) return "it is in the catalog, for everyone";
  if (users.length > 0) return `used by container ${users.slice(0, 5).join(", ")}`;
  if (image.usedByOthers) return "used by containers of other users";
  if (tags.length > 0 && (rule === true || !rule.all)) return `it is called ${tags.join(", ")}`;
  const build = bases.find(({ baseId, imageId }) => baseId === image.id && imageId === null);
  if (build) return `build ${build.buildId}, which is under way, stands on it`;
  return unmet(rule, { ageSeconds: image.ageSeconds, labels: image.config.labels }, "made");
}

/** What an image that stays was built on stays too: it frees nothing, and the image would no longer say what it stands on. */
function keepBases(judged: Judged[], bases: Bases): void {
  const byId = new Map(judged.map((one) => [one.image.id, one]));
  for (let changed = true; changed;) {
    changed = false;
    for (const { baseId, imageId } of bases) {
      const base = byId.get(baseId);
      const above = byId.get(imageId ?? "");
      if (!base || !above || base === above || base.kept !== undefined || above.kept === undefined) continue;
      if (!standsOn(above.image, base.image)) continue;
      base.kept = `used as base of image ${nameOf(above)}`;
      changed = true;
    }
  }
}

/** An image may also have been built with files of another, by COPY --from, and have none of its layers. */
function standsOn(above: HeldImage, base: HeldImage): boolean {
  return above.hostId === base.hostId && base.diffIds.every((diffId, at) => above.diffIds[at] === diffId);
}

function nameOf({ image, tags }: Judged): string {
  return tags.join(", ") || image.digest;
}

function toVerdict(one: Judged, all: boolean): Verdict {
  const unused = all ? "no container is made from it" : "it has no name and no container is made from it";
  return { id: one.image.id, name: nameOf(one), goes: one.kept === undefined, why: one.kept ?? unused };
}
