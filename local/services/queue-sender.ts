import type { CloudContext } from '../context.ts'
import { AwsError } from '../wire/call.ts'
import { billedRequests } from './sqs/api/sqs-api.ts'
import type { NewMessage } from './sqs/message.ts'
import type { SqsService } from './sqs/service.ts'

/** Sends what services have for queues. */
export interface QueueSender {
  /** Sends with the rights of a role. Throws if the role may not send to the queue. */
  send(message: MessageOfRole): void
}

interface MessageOfRole extends Omit<NewMessage, 'senderId'> {
  readonly roleArn: string
  readonly queueArn: string
  /** The service that the request is billed to. */
  readonly sender: string
}

interface QueueSenderDeps {
  readonly sqs: SqsService
  readonly mayCall: (roleArn: string, action: string, resourceArn: string) => boolean
}

export function createQueueSender({ accountId, meter }: CloudContext, { sqs, mayCall }: QueueSenderDeps): QueueSender {
  return {
    send({ roleArn, queueArn, sender, ...message }) {
      requireRight(mayCall, { roleArn, action: 'sqs:SendMessage', resourceArn: queueArn })
      sqs.queueByArn(queueArn).send([{ ...message, senderId: accountId }])
      meter.count('sqsRequest', sender, billedRequests(Buffer.byteLength(message.body)))
    },
  }
}

/** Throws if a role may not do what a service does with its rights. */
export function requireRight(
  mayCall: QueueSenderDeps['mayCall'],
  { roleArn, action, resourceArn }: { readonly roleArn: string; readonly action: string; readonly resourceArn: string },
): void {
  if (mayCall(roleArn, action, resourceArn)) return
  throw new AwsError('AccessDeniedException', `${roleArn} may not ${action} on ${resourceArn}.`)
}
