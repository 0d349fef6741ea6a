import type { JobWait, LaterMessage, LongDelay } from '../../domain/queue/long-delay.ts'
import { SEND_AHEAD_MS } from '../../domain/queue/long-delay.ts'
import { inParallel } from '../../domain/kit/in-parallel.ts'
import type { Log } from '../../domain/kit/log.ts'
import { errorFields } from '../../domain/kit/log.ts'
import type { QueueUrls } from './job-queues.ts'
import { namespaceGroup } from './message-group.ts'
import { encodeBody } from './send-messages.ts'
import { deleteTimer, ensureTimer, type SchedulerGroup, timerName } from './scheduler-group.ts'

export interface LongDelayOptions extends SchedulerGroup {
  readonly urls: QueueUrls
  readonly log: Log
}

/** Any operation of AWS can be a target; this one takes a message group, which a plain queue as a target does not. */
const SEND_MESSAGE = 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage'
const CALLS_AT_ONCE = 8
/** Enough to delete the schedules of a whole frame, and much less than a request may take. */
const FORGET_MS = 3_000

/** Delays of any length: a one-time schedule for each job, named after the job, its life and its time. */
export function createLongDelay(options: LongDelayOptions): LongDelay {
  return {
    async sendLater(messages) {
      const unsent = await inParallel(messages, CALLS_AT_ONCE, async (later) => {
        try {
          await scheduleMessage(options, later)
          return []
        } catch (error) {
          options.log('error', 'A delayed job was not scheduled.', { jobId: later.message.id, ...errorFields(error) })
          return [later.message]
        }
      })
      return unsent.flat()
    },

    async forget(waits) {
      const signal = AbortSignal.timeout(FORGET_MS)
      const errors = await inParallel(waits, CALLS_AT_ONCE, async (wait) => {
        try {
          await deleteTimer(options, await delayName(wait), signal)
          return []
        } catch (error) {
          return [error]
        }
      })
      const [first, ...more] = errors.flat()
      if (first === undefined) return
      const message = 'Schedules of cancelled jobs stay until they are due.'
      options.log('warn', message, { schedules: 1 + more.length, ...errorFields(first) })
    },
  }
}

async function scheduleMessage(options: LongDelayOptions, { message, dueAt }: LaterMessage): Promise<void> {
  const { namespace, queue, priority } = message
  const url = options.urls[queue]?.[priority]
  if (url === undefined) throw new Error(`No queue "${queue}" of priority ${priority} is deployed.`)
  const sendAt = new Date(Math.floor((dueAt - SEND_AHEAD_MS) / 1_000) * 1_000)
  await ensureTimer(options, {
    name: await delayName({ ...message, dueAt }),
    expression: `at(${sendAt.toISOString().slice(0, 19)})`,
    targetArn: SEND_MESSAGE,
    input: JSON.stringify({
      QueueUrl: url,
      MessageBody: escapePlaceholders(encodeBody(message)),
      MessageGroupId: escapePlaceholders(namespaceGroup(namespace)),
    }),
    once: true,
  })
}

/** Another life of the id has another name, even if it is due at the same time. */
export function delayName({ namespace, id, createdAt, dueAt }: JobWait): Promise<string> {
  return timerName('delay', [namespace, id, createdAt, dueAt])
}

/** Scheduler replaces placeholders like `<aws.scheduler.scheduled-time>` by its own values, also in a job's input. */
function escapePlaceholders(json: string): string {
  return json.replaceAll('<aws.scheduler.', '\\u003caws.scheduler.')
}
