import { AssemblyError } from '../../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../../assembly/properties.ts'
import type { ResolvedResource } from '../../service.ts'

/** The rules for the asynchronous invocations of a function. */
export interface EventInvokeConfig {
  readonly maxRetries: number
  readonly maxAgeMs: number
  /** The queue that gets the events that Lambda gives up on. Absent: they are dropped. */
  readonly onFailureArn?: string
}

const MAX_RETRIES = 2
const MAX_AGE_SECONDS = 6 * 60 * 60
const QUEUE_ARN = /^arn:aws:sqs:[^:]+:\d+:[^:]+$/

export const DEFAULT_EVENT_INVOKE_CONFIG: EventInvokeConfig = {
  maxRetries: MAX_RETRIES,
  maxAgeMs: MAX_AGE_SECONDS * 1_000,
}

/** Reads an `AWS::Lambda::EventInvokeConfig`. Throws for everything that AWS refuses or that is not implemented. */
export function parseEventInvokeConfig(resource: ResolvedResource): EventInvokeConfig {
  requireKnownProperties(resource, {
    implemented: ['DestinationConfig', 'FunctionName', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts', 'Qualifier'],
  })
  const { properties } = resource
  const fail = (message: string): never => {
    throw new AssemblyError(`${resource.logicalId} (${resource.type}): ${message}`)
  }
  const whole = (property: string, fallback: number, least: number, most: number): number => {
    const value = Number(properties[property] ?? fallback)
    const valid = Number.isInteger(value) && value >= least && value <= most
    return valid ? value : fail(`${property} must be a whole number from ${least} to ${most}.`)
  }
  if (properties['Qualifier'] !== '$LATEST') fail('the local cloud implements the Qualifier $LATEST only.')
  const { OnFailure: onFailure, ...more } = (properties['DestinationConfig'] ?? {}) as Record<string, unknown>
  const unknown = Object.keys(more)[0]
  if (unknown !== undefined) fail(`the local cloud does not implement DestinationConfig.${unknown}.`)
  const { Destination: destination } = (onFailure ?? {}) as { Destination?: unknown }
  if (destination !== undefined && !(typeof destination === 'string' && QUEUE_ARN.test(destination))) {
    fail('the local cloud implements queues as DestinationConfig.OnFailure.Destination only.')
  }
  return {
    maxRetries: whole('MaximumRetryAttempts', MAX_RETRIES, 0, MAX_RETRIES),
    maxAgeMs: whole('MaximumEventAgeInSeconds', MAX_AGE_SECONDS, 60, MAX_AGE_SECONDS) * 1_000,
    ...(destination === undefined ? {} : { onFailureArn: destination as string }),
  }
}
