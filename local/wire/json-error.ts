import type { AwsAnswer, AwsError } from './call.ts'

/**
 * Writes an error in the dialect of AWS's JSON protocols, from which SDKs make their typed exceptions.
 *
 * @example
 * renderError: (error) => renderJsonError(error, { version: '1.1' })
 */
export function renderJsonError(
  error: AwsError,
  { version = '1.0', namespace = '' }: { version?: '1.0' | '1.1'; namespace?: string } = {},
): AwsAnswer {
  const type = namespace === '' ? error.code : `${namespace}#${error.code}`
  return {
    status: error.status,
    headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amzn-errortype': error.code },
    // DynamoDB's clients read `message`, some others `Message`.
    body: JSON.stringify({ __type: type, message: error.message, Message: error.message, ...error.details }),
  }
}
