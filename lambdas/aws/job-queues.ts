import type { Priority } from '../../protocol/priority.ts'
import type { QueueMessage } from '../../protocol/queue-message.ts'
import type { JobQueue } from '../domain/ports.ts'
import { messageGroupOf } from './message-group.ts'
import type { OutgoingMessage, SendParts } from './send-messages.ts'
import { encodeBody, sendMessages } from './send-messages.ts'

/** `{"<queue>": {"critical": "<url>", …}}` */
export type QueueUrls = Readonly<Record<string, Readonly<Record<Priority, string>>>>

export interface JobQueues extends SendParts {
  readonly urls: QueueUrls
}

interface OutgoingJob extends OutgoingMessage {
  readonly message: QueueMessage
}

/** The SQS queues, one for each lane and priority. */
export function createJobQueues(queues: JobQueues): JobQueue {
  return {
    async send(messages, due) {
      const unsent = await sendMessages(
        queues,
        messages.map((message) => outgoing(queues.urls, message, due.get(message))),
      )
      return unsent.map(({ message }) => message)
    },
  }
}

function outgoing(urls: QueueUrls, message: QueueMessage, dueAt: number | undefined): OutgoingJob {
  const url = urls[message.queue]?.[message.priority]
  if (url === undefined) throw new Error(`No queue "${message.queue}" of priority ${message.priority} is deployed.`)
  return { message, url, body: encodeBody(message), group: messageGroupOf(message), jobId: message.id, dueAt }
}
