import { Stack } from 'aws-cdk-lib/core'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import type { Function } from 'aws-cdk-lib/aws-lambda'
import { allow } from './jobwire-function.ts'
import { FAILED_INDEX } from '../../lambdas/tables.ts'

/**
 * The calls of each function on the tables, exactly as in `lambdas/aws`. The grants of the CDK (grantReadData and the
 * like) allow a dozen actions each, with scans and streams among them.
 */
const TABLE_ACTIONS = {
  rest: {
    results: [
      'PutItem',
      'PartiQLInsert',
      'BatchGetItem',
      'UpdateItem',
      'GetItem',
      'Query',
      'PartiQLUpdate',
      'DeleteItem',
    ],
    registry: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'],
  },
  socket: {
    results: ['PutItem', 'PartiQLInsert', 'BatchGetItem', 'UpdateItem', 'GetItem', 'PartiQLUpdate'],
    registry: ['GetItem', 'PutItem', 'DeleteItem'],
  },
  worker: {
    results: ['BatchGetItem', 'PartiQLUpdate', 'UpdateItem'],
    registry: ['GetItem', 'UpdateItem'],
  },
  'dead-letters': {
    results: ['BatchGetItem', 'PartiQLUpdate', 'UpdateItem'],
    registry: ['GetItem', 'UpdateItem'],
  },
  webhooks: {
    results: [],
    registry: ['GetItem', 'PutItem'],
  },
  scheduled: {
    results: ['PutItem', 'BatchGetItem', 'UpdateItem'],
    registry: ['GetItem', 'UpdateItem'],
  },
} as const

/** The two tables of a platform. */
export interface GrantedTables {
  /** The table of the jobs. */
  readonly results: Table
  /** The table of all that is looked up by name, like sessions. */
  readonly registry: Table
}

/**
 * Allows a function its calls on the tables, and nothing on their indexes or streams.
 *
 * @example
 * allowTables(worker, 'worker', tables)
 */
export function allowTables(target: Function, entry: keyof typeof TABLE_ACTIONS, tables: GrantedTables): void {
  for (const name of ['results', 'registry'] as const) {
    const actions = TABLE_ACTIONS[entry][name].map((action) => `dynamodb:${action}`)
    if (actions.length > 0) allow(target, actions, [tables[name].tableArn])
  }
}

/**
 * Lets a function query the index of failed jobs.
 *
 * @example
 * allowFailedJobs(restFunction, tables)
 */
export function allowFailedJobs(target: Function, { results }: GrantedTables): void {
  allow(target, ['dynamodb:Query'], [`${results.tableArn}/index/${FAILED_INDEX}`])
}

/**
 * Lets a function send to the connections of a WebSocket API, but neither look at them nor close them.
 *
 * @example
 * allowPush(worker, { apiId: api.apiId, stage: 'v1' })
 */
export function allowPush(target: Function, { apiId, stage }: { apiId: string; stage: string }): void {
  const connections = Stack.of(target).formatArn({
    service: 'execute-api',
    resource: apiId,
    resourceName: `${stage}/POST/@connections/*`,
  })
  allow(target, ['execute-api:ManageConnections'], [connections])
}
