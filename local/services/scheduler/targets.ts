import { randomUUID } from 'node:crypto'
import type { CloudContext } from '../../context.ts'
import { AwsError } from '../../wire/call.ts'
import type { EventInvoker } from '../function-invoker.ts'
import { type QueueSender, requireRight } from '../queue-sender.ts'
import type { MessageAttributes } from '../sqs/message.ts'
import { queueNameInUrl } from '../sqs/api/queue-lookup.ts'
import type { Deliver, DroppedRun } from './engine.ts'
import { NotImplementedError, validationError } from './expression.ts'
import type { Schedule } from './schedule.ts'

/** The service that takes the roles of schedules. */
export const SCHEDULER_PRINCIPAL = 'scheduler.amazonaws.com'

export interface TargetDeps {
  readonly functions: EventInvoker
  readonly queues: QueueSender
  readonly mayCall: (roleArn: string, action: string, resourceArn: string) => boolean
}

/** On AWS every operation of an SDK can be a target. Only this one is implemented. */
const SEND_MESSAGE = 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage'
const WHOLE_SECOND = /\.\d+Z$/

/** Refuses every target except a function, a queue, and the SDK's operation of sending to a queue. */
export function checkTarget({ target }: Pick<Schedule, 'target'>): void {
  const { arn, input } = target
  if (arn === SEND_MESSAGE) readSendMessage(input)
  else if (!/^arn:aws:(sqs|lambda):/.test(arn)) {
    throw new NotImplementedError(`the target ${arn}, only functions, queues and ${SEND_MESSAGE}.`)
  }
}

/** Hands a run to the schedule's target, with the rights of its role. */
export function createDeliver(context: CloudContext, { queues, functions, mayCall }: TargetDeps): Deliver {
  const { meter } = context
  return async (schedule, { dueMs, attempt }) => {
    const { arn, roleArn, input: template } = schedule.target
    const input = fillIn(schedule, template, { dueMs, attempt })
    meter.count('schedulerInvocation', 'scheduler')
    if (arn === SEND_MESSAGE) {
      const { url, ...message } = readSendMessage(input)
      const queueArn = `arn:aws:sqs:${context.region}:${context.accountId}:${queueName(url, context)}`
      return queues.send({ roleArn, queueArn, ...message, sender: 'scheduler' })
    }
    if (arn.startsWith('arn:aws:sqs:')) {
      return queues.send({ roleArn, queueArn: arn, body: input, sender: 'scheduler' })
    }
    requireRight(mayCall, { roleArn, action: 'lambda:InvokeFunction', resourceArn: arn })
    // On AWS the run is over once Lambda has accepted it. Here it is recorded later, so that a restart repeats it.
    await functions.invokeEvent(arn, input)
  }
}

/** Puts a run that its target never took into the dead-letter queue of the schedule, if it has one. */
export function sendDeadLetter({ queues }: TargetDeps, schedule: Schedule, run: DroppedRun): void {
  const { arn, roleArn, input, deadLetterArn } = schedule.target
  if (deadLetterArn === undefined) return
  const { dueMs, attempts, limit, reason } = run
  queues.send({
    roleArn,
    queueArn: deadLetterArn,
    body: fillIn(schedule, input, { dueMs, attempt: attempts }),
    attributes: textAttributes({
      SCHEDULE_ARN: schedule.arn,
      TARGET_ARN: arn,
      SCHEDULED_TIME: timeText(dueMs),
      EXECUTION_ID: randomUUID(),
      ERROR_CODE: reason instanceof AwsError ? reason.code : 'InternalServerError',
      ERROR_MESSAGE: reason instanceof Error ? reason.message : String(reason),
      RETRY_ATTEMPTS: String(attempts - 1),
      EXHAUSTED_RETRY_CONDITION: limit,
      IS_PAYLOAD_TRUNCATED: 'false',
    }),
    sender: 'scheduler',
  })
}

function textAttributes(texts: Readonly<Record<string, string>>): MessageAttributes {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, { DataType: 'String', StringValue: text }]),
  )
}

const CONTEXT_ATTRIBUTE = /<aws\.scheduler\.([a-z-]+)>/g

function fillIn(schedule: Schedule, template: string, run: { dueMs: number; attempt: number }): string {
  return template.replace(CONTEXT_ATTRIBUTE, (text, name: string) => {
    switch (name) {
      case 'scheduled-time':
        return timeText(run.dueMs)
      case 'schedule-arn':
        return schedule.arn
      case 'execution-id':
        return randomUUID()
      case 'attempt-number':
        return String(run.attempt)
      default:
        return text
    }
  })
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(WHOLE_SECOND, 'Z')
}

function readSendMessage(input: string): { url: string; body: string; groupId?: string; delayMs?: number } {
  const members = parseObject(input)
  if (members === undefined) {
    throw validationError('Target.Input must be the JSON of the operation: {"QueueUrl": …, "MessageBody": …}.')
  }
  const { QueueUrl: url, MessageBody: body, MessageGroupId: groupId, DelaySeconds: delay, ...rest } = members
  const unknown = Object.keys(rest)[0]
  if (unknown !== undefined) {
    throw new NotImplementedError(`${unknown} in the input of ${SEND_MESSAGE}.`)
  }
  if (typeof url !== 'string' || typeof body !== 'string') {
    throw validationError('QueueUrl and MessageBody must be strings.')
  }
  return {
    url,
    body,
    ...(typeof groupId === 'string' ? { groupId } : {}),
    ...(typeof delay === 'number' ? { delayMs: delay * 1_000 } : {}),
  }
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function queueName(url: string, { accountId }: CloudContext): string {
  const name = queueNameInUrl(url, accountId)
  if (name === undefined) throw validationError(`There is no queue ${url}.`)
  return name
}
