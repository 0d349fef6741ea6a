import { AwsError } from '../../../wire/call.ts'
import type { AwsAnswer } from '../../../wire/call.ts'
import { requestIdHeaders } from './request-ids.ts'
import { element, xmlDocument } from './xml.ts'

export function notImplemented(what: string): AwsError {
  const message = `The local cloud does not implement ${what} of S3: make this call without it, or to AWS.`
  return new AwsError('NotImplemented', message, 501)
}

export function accessDenied(message = 'Access Denied', details: Readonly<Record<string, unknown>> = {}): AwsError {
  return new AwsError('AccessDenied', message, 403, details)
}

export function noSuchKey(key: string): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', 404, { Key: key })
}

export function invalidArgument(name: string, value: string, message: string): AwsError {
  return new AwsError('InvalidArgument', message, 400, { ArgumentName: name, ArgumentValue: value })
}

export function invalidRequest(message: string): AwsError {
  return new AwsError('InvalidRequest', message)
}

export function preconditionFailed(condition: string): AwsError {
  const message = 'At least one of the pre-conditions you specified did not hold'
  return new AwsError('PreconditionFailed', message, 412, { Condition: condition })
}

/** S3 writes errors as XML. The answer to a HEAD has no body, so it has the status only. */
export function renderS3Error({ code, message, status, details }: AwsError): AwsAnswer {
  const ids = requestIdHeaders()
  const more = Object.entries({
    ...details,
    RequestId: ids['x-amz-request-id'],
    HostId: ids['x-amz-id-2'],
  }).map(([name, value]) => element(name, value))
  const body = xmlDocument(`<Error>${element('Code', code)}${element('Message', message)}${more.join('')}</Error>`)
  return { status, headers: { ...ids, 'content-type': 'application/xml' }, body }
}
