import { AssemblyError } from '../../../assembly/assembly-error.ts'
import { requireKnownProperties, wholeProperty } from '../../../assembly/properties.ts'
import type { ResolvedResource } from '../../service.ts'

/** The rules for the asynchronous invocations of a function. */
export interface EventInvokeConfig {
  readonly maxRetries: number
  readonly maxAgeMs: number
  /** The queue that gets the events that Lambda gives up on. Absent: they are dropped. */
  readonly onFailureArn?: string
}

const RETRIES = { byDefault: 2, least: 0, most: 2 }
const AGE_SECONDS = { byDefault: 21_600, least: 60, most: 21_600 }
const QUEUE_ARN = /^arn:aws:sqs:[^:]+:\d+:[^:]+$/

export const DEFAULT_EVENT_INVOKE_CONFIG: EventInvokeConfig = {
  maxRetries: RETRIES.byDefault,
  maxAgeMs: AGE_SECONDS.byDefault * 1_000,
}

/**
 * Reads an `AWS::Lambda::EventInvokeConfig`. Throws for values that AWS refuses, and for what the local cloud does not
 * implement: versions and aliases as qualifiers, because all of them run the present code by the same rules,
 * destinations for successes, and destinations for failures that are not queues.
 */
export function parseEventInvokeConfig(resource: ResolvedResource): EventInvokeConfig {
  requireKnownProperties(resource, {
    implemented: ['DestinationConfig', 'FunctionName', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts', 'Qualifier'],
  })
  const { properties } = resource
  const fail = (message: string): never => {
    throw new AssemblyError(`${resource.logicalId} (${resource.type}): ${message}`)
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
    maxRetries: wholeProperty(resource, 'MaximumRetryAttempts', RETRIES),
    maxAgeMs: wholeProperty(resource, 'MaximumEventAgeInSeconds', AGE_SECONDS) * 1_000,
    ...(destination === undefined ? {} : { onFailureArn: destination as string }),
  }
}
