import { CommandError } from '../frame/command-error.ts'
import { clientOptions, useLocalCredentials } from './stack.ts'
import type { StackPlace, Target } from './target.ts'

export interface LogLine {
  readonly at: number
  readonly group: string
  readonly text: string
}

/** The name of a worker's log group: the CDK makes it from the name of the stack and the place of the construct. */
const WORKER_GROUP = /WorkerLogs[0-9A-F]{8}/

/** Returns the place of the AWS APIs of a deployment, or undefined if only its address is known. */
export function awsPlaceOf({ stack, awsEndpoint }: Target): StackPlace | undefined {
  if (stack !== undefined || awsEndpoint === undefined) return stack
  useLocalCredentials()
  return { stack: '', region: 'us-east-1', endpointUrl: awsEndpoint }
}

/** The same, where there must be one. */
export function awsPlace(target: Target): StackPlace {
  const place = awsPlaceOf(target)
  if (place !== undefined) return place
  throw new CommandError('usage', 'NO_STACK', `The stack of ${target.foundBy} is not known here.`, {
    advice: 'Give --stack, or a profile with a stack.',
  })
}

/** Reads what the workers of a deployment have logged about a job, group by group, in the order of time. */
export async function* readJobLines(
  place: StackPlace,
  jobId: string,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number | undefined },
): AsyncGenerator<LogLine> {
  const { CloudWatchLogsClient, paginateFilterLogEvents } = await import('@aws-sdk/client-cloudwatch-logs')
  const client = new CloudWatchLogsClient(clientOptions(place))
  try {
    for (const group of await workerLogGroups(place)) {
      const pages = paginateFilterLogEvents(
        { client },
        {
          logGroupName: group,
          startTime: startMs,
          ...(endMs === undefined ? {} : { endTime: endMs }),
          filterPattern: `{ $.message.jobId = ${JSON.stringify(jobId)} }`,
        },
      )
      for await (const { events = [] } of pages) {
        for (const { timestamp = 0, message = '' } of events) yield { at: timestamp, group, text: message }
      }
    }
  } finally {
    client.destroy()
  }
}

/** The local cloud names log groups without the stack, and on AWS a nested stack begins with the name of its parent. */
export async function workerLogGroups(place: StackPlace): Promise<string[]> {
  const { CloudWatchLogsClient, paginateDescribeLogGroups } = await import('@aws-sdk/client-cloudwatch-logs')
  const client = new CloudWatchLogsClient(clientOptions(place))
  const [stack = ''] = place.stack.split('/')
  const groups: string[] = []
  try {
    const prefix = stack === '' || place.endpointUrl !== undefined ? {} : { logGroupNamePrefix: `${stack}-` }
    for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, prefix)) {
      groups.push(
        ...logGroups.flatMap(({ logGroupName = '' }) => (WORKER_GROUP.test(logGroupName) ? [logGroupName] : [])),
      )
    }
  } finally {
    client.destroy()
  }
  if (groups.length > 0) return groups
  throw new CommandError('failed', 'NO_LOG_GROUPS', `No log groups of workers were found for ${stack || 'this cloud'}.`)
}
