import type { CountAnswer, FailureAnswer } from '../../../protocol/list/list.ts'
import type { Client } from '../client/client.ts'
import { checkOptions, WAIT_OPTIONS } from '../api/input.ts'
import type { CountOptions, Counts } from '../api/list-types.ts'
import type { WaitOptions } from '../api/types.ts'
import { COUNT_OPTIONS, listQuery } from './query.ts'
import { asOne, request } from './request.ts'

export async function countJobs(client: Client, options: CountOptions = {}): Promise<Counts> {
  checkOptions(options, COUNT_OPTIONS)
  return (await addUp<CountAnswer>(client, '/counts', options, ({ counts }) => counts)) as Counts
}

export async function countFailures(
  client: Client,
  options: Pick<CountOptions, 'prefix'> & WaitOptions = {},
): Promise<Readonly<Record<string, number>>> {
  checkOptions(options, ['prefix', ...WAIT_OPTIONS])
  const { total: _total, ...codes } = await addUp<FailureAnswer>(client, '/failures', options, (answer) => answer.codes)
  return codes
}

/** Asks for every part of a count and adds them up. */
function addUp<Answer extends { readonly total: number; readonly cursor?: string }>(
  client: Client,
  path: string,
  options: CountOptions,
  numbersIn: (answer: Answer) => Readonly<Record<string, number>>,
): Promise<Record<string, number> & { total: number }> {
  return asOne(client, options, async (limits) => {
    const sum: Record<string, number> & { total: number } = { total: 0 }
    let cursor: string | undefined
    do {
      const query = listQuery({ ...options, ...(cursor && { cursor }) })
      const answer = await request<Answer>(client, 'GET', path + query, limits)
      for (const [name, number] of Object.entries(numbersIn(answer))) sum[name] = (sum[name] ?? 0) + number
      sum.total += answer.total
      ;({ cursor } = answer)
    } while (cursor !== undefined)
    return sum
  })
}
