import { AwsError } from '../../wire/call.ts'
import type { AwsAnswer } from '../../wire/call.ts'
import { element, xmlDocument } from './xml.ts'

export function notImplemented(what: string): AwsError {
  return new AwsError('NotImplemented', `The local cloud does not implement ${what} of S3.`, 501)
}

export function accessDenied(message = 'Access Denied'): AwsError {
  return new AwsError('AccessDenied', message, 403)
}

export function noSuchKey(key: string): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', 404, { Key: key })
}

export function badDigest(header: string): AwsError {
  return new AwsError('BadDigest', `The ${header} you specified did not match what we received.`)
}

/** S3 writes errors as XML. The answer to a HEAD has no body, so it has the status only. */
export function renderS3Error({ code, message, status, details }: AwsError): AwsAnswer {
  const more = Object.entries(details).map(([name, value]) => element(name, String(value)))
  const body = xmlDocument(`<Error>${element('Code', code)}${element('Message', message)}${more.join('')}</Error>`)
  return { status, headers: { 'content-type': 'application/xml' }, body: status === 304 ? '' : body }
}
