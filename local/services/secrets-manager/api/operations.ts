import type { Authorization, AwsCall } from '../../../wire/call.ts'
import { AwsError } from '../../../wire/call.ts'
import { listSecrets } from './list-secrets.ts'
import { type Deps, type Operation, readInput } from './request.ts'
import {
  createSecret,
  deleteSecret,
  describeSecret,
  getRandomPassword,
  restoreSecret,
  tagResource,
  untagResource,
} from './secret-operations.ts'
import {
  getSecretValue,
  listSecretVersionIds,
  putSecretValue,
  updateSecret,
  updateSecretVersionStage,
} from './value-operations.ts'

const OPERATIONS: Readonly<Record<string, Operation>> = {
  CreateSecret: createSecret,
  DeleteSecret: deleteSecret,
  DescribeSecret: describeSecret,
  GetRandomPassword: getRandomPassword,
  GetSecretValue: getSecretValue,
  ListSecretVersionIds: listSecretVersionIds,
  ListSecrets: listSecrets,
  PutSecretValue: putSecretValue,
  RestoreSecret: restoreSecret,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateSecret: updateSecret,
  UpdateSecretVersionStage: updateSecretVersionStage,
}

/** Throws an error that names the operation if the local cloud does not implement it. */
function findOperation({ operation }: AwsCall): Operation {
  const found = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined
  if (found !== undefined) return found
  throw new AwsError(
    'UnknownOperationException',
    `The local cloud does not implement secretsmanager:${operation}, only ${Object.keys(OPERATIONS).join(', ')}.`,
  )
}

export function authorizationsOf(call: AwsCall, deps: Deps): readonly Authorization[] {
  const input = call.input()
  const resourceArn = findOperation(call).resourceArn(input, deps)
  const own = { action: `secretsmanager:${call.operation}`, resourceArn }
  const { Tags: tags } = input
  const tagged = call.operation === 'CreateSecret' && Array.isArray(tags) && tags.length > 0
  return tagged ? [own, { action: 'secretsmanager:TagResource', resourceArn }] : [own]
}

export function perform(call: AwsCall, deps: Deps): object {
  const operation = findOperation(call)
  return operation.run(readInput(call, operation), deps)
}
