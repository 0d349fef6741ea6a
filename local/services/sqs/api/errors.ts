import { AwsError } from '../../../wire/call.ts'
import { MAX_VISIBILITY_SECONDS } from '../limits.ts'

/**
 * The errors of SQS. `code` is the shape's name in the JSON protocol. `queryCode` is the name of the same error in the
 * older Query protocol, which SDKs still report (header `x-amzn-query-error`).
 */
const QUERY_CODES: Readonly<Record<string, string>> = {
  AccessDeniedException: 'AccessDenied',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
  InvalidParameterValueException: 'InvalidParameterValue',
  MissingRequiredParameterException: 'MissingParameter',
  QueueNameExists: 'QueueAlreadyExists',
  PurgeQueueInProgress: 'AWS.SimpleQueueService.PurgeQueueInProgress',
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
}

/** Errors of the framework behind all AWS services, not of SQS itself. */
const FRAMEWORK_ERRORS = new Set([
  'AccessDeniedException',
  'InternalFailure',
  'InvalidParameterValueException',
  'MissingRequiredParameterException',
  'SerializationException',
  'ThrottlingException',
])

export function queryCodeOf(error: AwsError): string {
  return QUERY_CODES[error.code] ?? error.code
}

export function jsonTypeOf(error: AwsError): string {
  const namespace = FRAMEWORK_ERRORS.has(error.code) ? 'com.amazon.coral.service' : 'com.amazonaws.sqs'
  return `${namespace}#${error.code}`
}

export function errorOrigin(error: AwsError): 'Sender' | 'Receiver' {
  return error.status >= 500 ? 'Receiver' : 'Sender'
}

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message)
}

export function invalidValue(name: string, value: string | number, reason: string): AwsError {
  return invalidParameter(`Value ${value} for parameter ${name} is invalid. Reason: ${reason}`)
}

export function missingParameter(name: string): AwsError {
  return new AwsError('MissingRequiredParameterException', `The request must contain the parameter ${name}.`)
}

export function queueDoesNotExist(): AwsError {
  return new AwsError('QueueDoesNotExist', 'The specified queue does not exist.')
}

export function invalidReceiptHandle(handle: string): AwsError {
  return new AwsError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid receipt handle.`)
}

export function noSuchMessage(handle: string): AwsError {
  return invalidValue(
    'ReceiptHandle',
    handle,
    'Message does not exist or is not available for visibility timeout change.',
  )
}

export function hiddenTooLong(timeoutMs: number): AwsError {
  const reason = `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`
  return invalidValue('VisibilityTimeout', timeoutMs / 1000, reason)
}

export function tooManyInFlight(): AwsError {
  return new AwsError('OverLimit', 'Too many messages in flight: at most 120000 of a standard queue.', 403)
}

export function resourceNotFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404)
}
