import type { CloudContext } from '../context.ts'
import { AwsError } from '../wire/call.ts'
import { billedRequests } from './sqs/api/sqs-api.ts'
import type { SqsService } from './sqs/service.ts'

/** The queues that get what a service gives up on. */
export interface FailureQueues {
  /** Sends with the rights of a role. Throws if the role may not send to the queue. */
  send(message: FailureMessage): void
}

export interface FailureMessage {
  readonly roleArn: string
  readonly queueArn: string
  readonly body: string
  readonly attributes?: Readonly<Record<string, string>>
  /** The service that the request is billed to. */
  readonly sender: string
}

export interface FailureQueueDeps {
  readonly sqs: SqsService
  readonly mayCall: (roleArn: string, action: string, resourceArn: string) => boolean
}

export function createFailureQueues({ accountId, meter }: CloudContext, deps: FailureQueueDeps): FailureQueues {
  return {
    send({ roleArn, queueArn, body, attributes = {}, sender }) {
      if (!deps.mayCall(roleArn, 'sqs:SendMessage', queueArn)) {
        throw new AwsError('AccessDeniedException', `${roleArn} may not sqs:SendMessage on ${queueArn}.`)
      }
      const named = Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }])
      const queue = deps.sqs.queueByArn(queueArn)
      queue.send([{ body, senderId: accountId, ...(named.length > 0 && { attributes: Object.fromEntries(named) }) }])
      meter.count('sqsRequest', sender, billedRequests(Buffer.byteLength(body)))
    },
  }
}
