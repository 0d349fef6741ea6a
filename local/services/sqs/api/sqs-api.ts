import { randomUUID } from 'node:crypto'
import type { Meter } from '../../../meter.ts'
import { AwsError } from '../../../wire/call.ts'
import type { AwsAnswer, AwsApi, AwsCall, Authorization } from '../../../wire/call.ts'
import { errorOrigin, jsonTypeOf, queryCodeOf } from './errors.ts'
import { BILLED_STEP_BYTES } from '../limits.ts'
import type { QueueDirectory } from './operation.ts'
import { operationNamed } from './operations.ts'
import {
  QUERY_OPERATION,
  readQueryRequest,
  renderQueryAnswer,
  renderQueryError,
  speaksQuery,
} from './query-protocol.ts'
import type { Fields } from './request-fields.ts'

const TARGET_PREFIX = 'AmazonSQS.'
const JSON_HEADERS = { 'content-type': 'application/x-amz-json-1.0' }

/** Returns the number of requests that AWS bills for one call: one for each 64 KB that it carried, at least one. */
export function billedRequests(payloadBytes: number): number {
  return Math.max(1, Math.ceil(payloadBytes / BILLED_STEP_BYTES))
}

/** Answers SQS calls, in the JSON protocol and in the older Query protocol. */
export function createSqsApi(directory: QueueDirectory, meter: Meter): AwsApi {
  const perform = async (operationName: string, fields: Fields, call: AwsCall): Promise<Fields> => {
    const operation = operationNamed(operationName)
    const { principal, hungUp } = call
    const traceHeader = readHeader(call.headers['x-amzn-trace-id'])
    const { output, payloadBytes = 0 } = await operation.run({ fields, principal, hungUp, traceHeader, directory })
    meter.count('sqsRequest', principal.name, billedRequests(payloadBytes))
    return output
  }

  const authorizationsOf = (operationName: string, fields: Fields): readonly Authorization[] => {
    const operation = operationNamed(operationName)
    const name = operation.queueName(fields, directory.accountId)
    const resource = name === undefined ? '*' : name
    const resourceArn = `arn:aws:sqs:${directory.region}:${directory.accountId}:${resource}`
    return [{ action: operation.action, resourceArn }, ...(operation.alsoNeeds?.(fields, directory) ?? [])]
  }

  const answerQuery = async (call: AwsCall): Promise<AwsAnswer> => {
    const requestId = randomUUID()
    const { operation, fields } = readQueryRequest(call)
    try {
      return renderQueryAnswer(operation, await perform(operation, fields, call), requestId)
    } catch (error) {
      if (error instanceof AwsError) return renderQueryError(error, requestId)
      throw error
    }
  }

  return {
    service: 'sqs',
    match(head) {
      const target = head.headers['x-amz-target']
      if (typeof target === 'string') {
        return target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : undefined
      }
      return speaksQuery(head) ? QUERY_OPERATION : undefined
    },
    authorizations(call) {
      if (call.operation !== QUERY_OPERATION) return authorizationsOf(call.operation, call.input())
      const { operation, fields } = readQueryRequest(call)
      try {
        return authorizationsOf(operation, fields)
      } catch (error) {
        // `handle` meets the same error before it does anything, and writes it as XML.
        if (error instanceof AwsError) return []
        throw error
      }
    },
    async handle(call) {
      if (call.operation === QUERY_OPERATION) return answerQuery(call)
      const output = await perform(call.operation, call.input(), call)
      return { status: 200, headers: JSON_HEADERS, body: JSON.stringify(output) }
    },
    renderError: renderSqsError,
  }
}

function readHeader(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function renderSqsError(error: AwsError): AwsAnswer {
  return {
    status: error.status,
    headers: { ...JSON_HEADERS, 'x-amzn-query-error': `${queryCodeOf(error)};${errorOrigin(error)}` },
    body: JSON.stringify({ __type: jsonTypeOf(error), message: error.message, ...error.details }),
  }
}
