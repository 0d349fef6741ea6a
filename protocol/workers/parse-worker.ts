import { ID_PATTERN } from '../job/id.ts'
import { DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT } from '../kit/limits.ts'
import type { Parsed } from '../kit/parsed.ts'
import { matching, type QueryParameters, readParameters, wholeNumberOf } from '../kit/query-parameters.ts'
import { QUEUE_NAME } from '../job/queue-name.ts'

export interface WorkersQuery {
  readonly queue?: string
  readonly after?: string
  readonly limit: number
}

/** Reads the query of `GET /workers`. */
export function parseWorkersQuery(query: QueryParameters): Parsed<WorkersQuery> {
  return readParameters(query, ['queue', 'after', 'limit'], (parameters) => {
    const queue = parameters.one('queue', matching(QUEUE_NAME, 'the name of a queue'))
    const after = parameters.one('after', matching(ID_PATTERN, 'the id of a worker'))
    const limit = parameters.one('limit', wholeNumberOf(1, MAX_LIST_LIMIT)) ?? DEFAULT_LIST_LIMIT
    return { limit, ...(queue === undefined ? {} : { queue }), ...(after === undefined ? {} : { after }) }
  })
}
