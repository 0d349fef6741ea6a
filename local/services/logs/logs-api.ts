import { ownValue } from '../../named-values.ts'
import { AwsError, type AwsApi, type AwsCall, type Authorization } from '../../wire/call.ts'
import { renderJsonError } from '../../wire/json-error.ts'
import { filterLogEvents, getLogEvents } from './event-operations.ts'
import { describeLogGroups, describeLogStreams } from './group-operations.ts'
import { requestedGroupName, type LogsDirectory, type LogsInput } from './logs-input.ts'

const TARGET = 'Logs_20140328.'

interface LogsOperation {
  run(input: LogsInput, directory: LogsDirectory): object
  /** The end of the resource's ARN behind `log-group:`. */
  resource(input: LogsInput): string
}

const onGroup = (input: LogsInput): string => `${requestedGroupName(input)}:log-stream:`

const OPERATIONS: Readonly<Record<string, LogsOperation>> = {
  DescribeLogGroups: { run: describeLogGroups, resource: () => ':log-stream:' },
  DescribeLogStreams: { run: describeLogStreams, resource: onGroup },
  FilterLogEvents: { run: filterLogEvents, resource: onGroup },
  GetLogEvents: {
    run: getLogEvents,
    resource: (input) => `${onGroup(input)}${String(input['logStreamName'] ?? '')}`,
  },
}

/** Answers the calls of CloudWatch Logs that read: nothing but the functions writes. */
export function createLogsApi(directory: LogsDirectory): AwsApi {
  const { region, accountId } = directory
  return {
    service: 'logs',
    match({ headers }) {
      const target = headers['x-amz-target']
      return typeof target === 'string' && target.startsWith(TARGET) ? target.slice(TARGET.length) : undefined
    },
    authorizations(call): readonly Authorization[] {
      const resource = operationOf(call).resource(call.input())
      const resourceArn = `arn:aws:logs:${region}:${accountId}:log-group:${resource}`
      return [{ action: `logs:${call.operation}`, resourceArn }]
    },
    handle: async (call) => ({
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(operationOf(call).run(call.input(), directory)),
    }),
    renderError: (error) => renderJsonError(error, { version: '1.1' }),
  }
}

function operationOf({ operation }: AwsCall): LogsOperation {
  const found = ownValue(OPERATIONS, operation)
  if (found !== undefined) return found
  throw new AwsError('UnknownOperationException', `The local cloud does not implement ${operation} of CloudWatch Logs.`)
}
