import { AwsError } from '../../../wire/call.ts'
import { type Input, optionalInteger, optionalText } from './request.ts'

const MAX_RESULTS = 100
const TOKEN_PREFIX = 'after-'

/** Returns the page that `MaxResults` and `NextToken` ask for. The token counts the items of the pages before. */
export function nextPage<Item>(
  items: readonly Item[],
  input: Input,
): { readonly page: readonly Item[]; readonly nextToken: string | undefined } {
  const size = optionalInteger(input, 'MaxResults', 1, MAX_RESULTS) ?? MAX_RESULTS
  const start = readToken(optionalText(input, 'NextToken'))
  const end = start + size
  const nextToken = end < items.length ? Buffer.from(`${TOKEN_PREFIX}${end}`).toString('base64') : undefined
  return { page: items.slice(start, end), nextToken }
}

function readToken(token: string | undefined): number {
  if (token === undefined) return 0
  const text = Buffer.from(token, 'base64').toString()
  const start = Number(text.slice(TOKEN_PREFIX.length))
  if (text.startsWith(TOKEN_PREFIX) && Number.isInteger(start) && start > 0) return start
  throw new AwsError('InvalidNextTokenException', 'Invalid token')
}
