import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler'

/** The group of EventBridge Scheduler that holds the schedules of this deployment, and is deleted with it. */
export interface TimerGroup {
  readonly client: SchedulerClient
  readonly group: string
}

/** The same group, for a function that creates schedules in it. */
export interface SchedulerGroup extends TimerGroup {
  /** The role that schedules use to send messages and to call functions. */
  readonly roleArn: string
  /** The queue that gets what EventBridge Scheduler gives up on. */
  readonly deadLetterArn: string
}

export interface NewTimer {
  readonly name: string
  /** `at(…)`, `rate(…)` or `cron(…)` */
  readonly expression: string
  readonly timezone?: string
  readonly startAt?: number
  readonly targetArn: string
  readonly input: string
  /** True if it is deleted after its last run. */
  readonly once?: boolean
}

/** Creates a schedule of EventBridge Scheduler, unless its name exists: the same name means the same schedule. */
export async function ensureTimer(scheduler: SchedulerGroup, timer: NewTimer): Promise<void> {
  const { client, group, roleArn, deadLetterArn } = scheduler
  const { name, expression, timezone, startAt, targetArn, input, once = false } = timer
  try {
    await client.send(
      new CreateScheduleCommand({
        GroupName: group,
        Name: name,
        ScheduleExpression: expression,
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: once ? 'DELETE' : 'NONE',
        Target: { Arn: targetArn, RoleArn: roleArn, Input: input, DeadLetterConfig: { Arn: deadLetterArn } },
        ...(timezone === undefined ? {} : { ScheduleExpressionTimezone: timezone }),
        ...(startAt === undefined ? {} : { StartDate: new Date(startAt) }),
      }),
    )
  } catch (error) {
    if (!(error instanceof ConflictException)) throw error
  }
}

/** Deletes a schedule of EventBridge Scheduler, if it exists. */
export async function deleteTimer({ client, group }: TimerGroup, name: string, signal?: AbortSignal): Promise<void> {
  try {
    const options = signal === undefined ? {} : { abortSignal: signal }
    await client.send(new DeleteScheduleCommand({ GroupName: group, Name: name }), options)
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error
  }
}

/** Returns a name of at most 64 letters and digits. It differs for other parts, and nobody can read them from it. */
export async function timerName(prefix: string, parts: readonly (string | number)[]): Promise<string> {
  // No part contains a line break, so no two lists make the same text.
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(parts.join('\n')))
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${prefix}-${hex.slice(0, 40)}`
}
