import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import type { Function } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { allow } from './jobwire-function.ts'

// The tables' own grants (grantReadData, grantWriteData) allow a dozen actions each, scans and streams among them.
// These name the calls that lambdas/aws makes; a test compares them word by word.

export interface GrantedTables {
  readonly results: Table
  readonly registry: Table
}

/** Records jobs, watches them and reads them, and hands them to the queues. */
export function allowSubmitting(target: Function, { results }: GrantedTables, queues: readonly IQueue[]): void {
  allow(
    target,
    ['dynamodb:PutItem', 'dynamodb:PartiQLInsert', 'dynamodb:GetItem', 'dynamodb:UpdateItem'],
    [results.tableArn],
  )
  allow(
    target,
    ['sqs:SendMessage'],
    queues.map((queue) => queue.queueArn),
  )
}

/** Keeps which connection a session has. */
export function allowSessions(target: Function, { registry }: GrantedTables): void {
  allow(target, ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'], [registry.tableArn])
}

/** Changes the state of jobs, and finds where their watchers are now. */
export function allowFinishing(target: Function, { results, registry }: GrantedTables): void {
  allow(
    target,
    ['dynamodb:BatchGetItem', 'dynamodb:PartiQLUpdate', 'dynamodb:GetItem', 'dynamodb:UpdateItem'],
    [results.tableArn],
  )
  allow(target, ['dynamodb:GetItem'], [registry.tableArn])
}
