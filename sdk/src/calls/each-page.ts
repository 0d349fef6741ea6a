import { WAIT_OPTIONS } from '../api/input.ts'

export const PAGE_OPTIONS = ['after', 'limit', ...WAIT_OPTIONS]

/** Reads everything that comes after `after`, page by page as it is asked for. */
export async function* eachPage<
  Options extends { readonly after?: string | undefined },
  Page extends { next?: string },
  Item,
>(
  options: Options,
  readPage: (options: Options) => Promise<Page>,
  itemsIn: (page: Page) => readonly Item[],
): AsyncGenerator<Item, void, undefined> {
  let page = await readPage(options)
  for (;;) {
    yield* itemsIn(page)
    if (page.next === undefined) return
    page = await readPage({ ...options, after: page.next })
  }
}
