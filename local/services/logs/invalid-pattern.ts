import { AwsError } from '../../wire/call.ts'

export function invalidPattern(why: string): AwsError {
  return new AwsError('InvalidParameterException', `Invalid filter pattern: ${why}.`)
}
