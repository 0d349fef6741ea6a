import { ConflictException, CreateScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler'

/** The group of EventBridge Scheduler that holds the schedules of this deployment, and goes with it. */
export interface SchedulerGroup {
  readonly client: SchedulerClient
  readonly group: string
  /** The role in whose name schedules send messages and call functions. */
  readonly roleArn: string
}

export interface NewTimer {
  readonly name: string
  /** `at(…)`, `rate(…)` or `cron(…)` */
  readonly expression: string
  readonly timezone?: string
  readonly startAt?: number
  readonly targetArn: string
  readonly input: string
  /** Gone once it has run for the last time. */
  readonly once?: boolean
}

/** Makes a schedule of EventBridge Scheduler, unless one of that name is there: names say all that a schedule is. */
export async function ensureTimer({ client, group, roleArn }: SchedulerGroup, timer: NewTimer): Promise<void> {
  const { name, expression, timezone, startAt, targetArn, input, once = false } = timer
  try {
    await client.send(
      new CreateScheduleCommand({
        GroupName: group,
        Name: name,
        ScheduleExpression: expression,
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: once ? 'DELETE' : 'NONE',
        Target: { Arn: targetArn, RoleArn: roleArn, Input: input },
        ...(timezone === undefined ? {} : { ScheduleExpressionTimezone: timezone }),
        ...(startAt === undefined ? {} : { StartDate: new Date(startAt) }),
      }),
    )
  } catch (error) {
    if (!(error instanceof ConflictException)) throw error
  }
}

/** A name of at most 64 letters and digits that says what it stands for to nobody, and is another for other parts. */
export async function timerName(prefix: string, parts: readonly (string | number)[]): Promise<string> {
  // None of the parts has a line break in it: no two lists make the same text.
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(parts.join('\n')))
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${prefix}-${hex.slice(0, 40)}`
}
