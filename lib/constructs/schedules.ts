import { ArnFormat, Duration, Stack } from 'aws-cdk-lib/core'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Function } from 'aws-cdk-lib/aws-lambda'
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { ENVIRONMENT } from '../../lambdas/environment.ts'
import { allow, consume, VISIBILITY_TIMEOUTS } from './jobwire-function.ts'

const DEAD_LETTER_RETENTION = Duration.days(14)

/** The props of `Schedules`. */
export interface SchedulesProps {
  /** The queues that get the messages of delayed jobs. */
  readonly queues: readonly IQueue[]
  /** The function that submits the jobs of schedules. */
  readonly handler: Function
  /** The function that records what failed for good. */
  readonly deadLetters: Function
}

/**
 * The schedules of EventBridge Scheduler: one-time schedules for jobs with a long delay, recurring ones for tasks that
 * run again and again. The functions make them in one group, which is deleted with the stack. A queue gets what
 * EventBridge Scheduler could not hand over, and what its function could not bring to an end.
 *
 * @example
 * const schedules = new Schedules(this, 'Schedules', { queues, handler: scheduledFunction, deadLetters })
 * schedules.allowDelays(worker)
 */
export class Schedules extends Construct {
  readonly #group: CfnScheduleGroup
  /** EventBridge Scheduler uses this role to send the messages and to call the function. */
  readonly #role: Role
  readonly #handler: Function
  readonly #deadLetters: Queue

  constructor(scope: Construct, id: string, { queues, handler, deadLetters }: SchedulesProps) {
    super(scope, id)
    this.#handler = handler
    this.#group = new CfnScheduleGroup(this, 'Group', {})
    this.#role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') })
    this.#deadLetters = this.#createDeadLetters(deadLetters)
    const { queueArn } = this.#deadLetters
    this.#allowRole('sqs:SendMessage', ...queues.map((queue) => queue.queueArn), queueArn)
    allow(handler, ['sqs:SendMessage'], [queueArn])
    handler.configureAsyncInvoke({ onFailure: { bind: () => ({ destination: queueArn }) } })
    this.#allowRole('lambda:InvokeFunction', handler.functionArn)
    // It stops the timer of a schedule that is paused or deleted, which its request may have failed to do.
    this.#allowActions(handler, 'scheduler:DeleteSchedule')
  }

  /** Lets a function delay jobs. */
  allowDelays(target: Function): void {
    this.#allowActions(target, 'scheduler:CreateSchedule')
    this.#allowRoleFor(target)
  }

  /** Lets a function delay jobs, and end the delays of jobs that it cancels. */
  allowCancels(target: Function): void {
    this.#allowActions(target, 'scheduler:CreateSchedule', 'scheduler:DeleteSchedule')
    this.#allowRoleFor(target)
  }

  /** Lets a function delay jobs, cancel them, and keep schedules. */
  allowSchedules(target: Function): void {
    this.allowCancels(target)
    target.addEnvironment(ENVIRONMENT.scheduledFunction, this.#handler.functionArn)
  }

  #createDeadLetters(handler: Function): Queue {
    const queue = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: DEAD_LETTER_RETENTION,
      visibilityTimeout: Duration.millis(VISIBILITY_TIMEOUTS * handler.timeout!.toMilliseconds()),
    })
    consume(handler, 'Schedules', queue)
    return queue
  }

  #allowActions(target: Function, ...actions: string[]): void {
    const schedules = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${this.#group.ref}/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    })
    allow(target, actions, [schedules])
    target.addEnvironment(ENVIRONMENT.scheduleGroup, this.#group.ref)
  }

  #allowRoleFor(target: Function): void {
    // A function that makes a schedule gives it a role. It may give this one and no other.
    allow(target, ['iam:PassRole'], [this.#role.roleArn])
    target.addEnvironment(ENVIRONMENT.schedulerRole, this.#role.roleArn)
    target.addEnvironment(ENVIRONMENT.scheduleDeadLetters, this.#deadLetters.queueArn)
  }

  #allowRole(action: string, ...resources: string[]): void {
    this.#role.addToPolicy(new PolicyStatement({ actions: [action], resources }))
  }
}
