import type { Client } from "./client.ts";

/**
 * Waits until nobody else holds the name, and holds it until the answer is called. A push is of whatever its tag names when the engine
 * looks, and a name that one pull has just set must not be dropped by another.
 */
export async function holdName({ names }: Client, name: string): Promise<() => void> {
  const before = names.get(name);
  const { promise, resolve } = Promise.withResolvers<void>();
  const mine = (before ?? Promise.resolve()).then(() => promise);
  names.set(name, mine);
  await before;
  return () => {
    if (names.get(name) === mine) names.delete(name);
    resolve();
  };
}

/** What no name is. */
const ALL = "";

/**
 * For setting and dropping names of images, one at a time. An engine that drops an image's last name goes on to remove the image with all
 * names that it got meanwhile, and has told whoever set them that they were.
 */
export async function changeNames<T>(client: Client, change: () => Promise<T>): Promise<T> {
  const release = await holdName(client, ALL);
  try {
    return await change();
  } finally {
    release();
  }
}
