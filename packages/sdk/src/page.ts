/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** Give it as `cursor` for the page after it; null on the last. */
  nextCursor: string | null;
}

/** Every item of a list, page after page, asked for as they are read. */
export async function* everyItem<T, Q extends { cursor?: string }>(
  list: (query: Q) => Promise<Page<T>>,
  query: Q,
): AsyncGenerator<T, void> {
  let page = await list(query);
  yield* page.items;
  while (page.nextCursor !== null) {
    page = await list({ ...query, cursor: page.nextCursor });
    yield* page.items;
  }
}
