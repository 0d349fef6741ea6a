import type { Priority } from '../../../protocol/job/priority.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { JobQueue } from '../../domain/queue/job-queue.ts'
import { createMessageGroups } from './message-group.ts'
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
  const groupOf = createMessageGroups(queues.clock)

  function outgoingJob(url: string, message: QueueMessage, dueAt: number | undefined): OutgoingJob {
    return { message, url, body: encodeBody(message), group: groupOf(message), jobId: message.id, dueAt }
  }

  return {
    async send(messages, due) {
      const unsent: QueueMessage[] = []
      const ready = messages.flatMap((message) => {
        const url = queues.urls[message.queue]?.[message.priority]
        if (url !== undefined) return outgoingJob(url, message, due.get(message))
        // The job's record may be older than the lanes of this deployment. The other messages are sent.
        queues.log('error', `No queue "${message.queue}" of priority ${message.priority} is deployed.`, {
          jobId: message.id,
        })
        unsent.push(message)
        return []
      })
      const refused = ready.length === 0 ? [] : await sendMessages(queues, ready)
      return [...unsent, ...refused.map(({ message }) => message)]
    },
  }
}
