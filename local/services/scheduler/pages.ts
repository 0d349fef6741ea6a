import { constraintError } from './expression.ts'

const MAX_RESULTS = 100

/** Returns the page that a query asks for, of items in the order of their keys. The token is the last key. */
export function nextPage<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  query: URLSearchParams,
): { readonly page: readonly Item[]; readonly nextToken: string | undefined } {
  const text = query.get('MaxResults') ?? String(MAX_RESULTS)
  const most = Number(text)
  if (!Number.isInteger(most) || most < 1) {
    throw constraintError(text, 'maxResults', 'Member must have value greater than or equal to 1')
  }
  if (most > MAX_RESULTS) {
    throw constraintError(text, 'maxResults', `Member must have value less than or equal to ${MAX_RESULTS}`)
  }
  const after = query.get('NextToken')
  const rest = after === null ? items : items.filter((item) => keyOf(item) > after)
  const page = rest.slice(0, most)
  return { page, nextToken: rest.length > most ? keyOf(page.at(-1)!) : undefined }
}
