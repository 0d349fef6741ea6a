import type { CloudContext } from '../../context.ts'
import type { Principal } from '../../wire/call.ts'
import { createQueryApi, xmlElement } from '../../wire/query-api.ts'
import { assumedRoleArn } from '../iam/assumed-role.ts'
import type { LocalService } from '../service.ts'

/** STS: says who a caller is. There are no other credentials to ask for. */
export function createSts({ accountId }: CloudContext): LocalService {
  return {
    name: 'sts',
    resources: {},
    api: createQueryApi({
      service: 'sts',
      namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
      // AWS lets everybody ask for their own identity.
      operations: { GetCallerIdentity: { run: (_fields, { principal }) => describeCaller(principal, accountId) } },
    }),
  }
}

function describeCaller({ kind, roleArn = '', name }: Principal, accountId: string): string {
  const [arn, userId] =
    kind === 'owner'
      ? [`arn:aws:iam::${accountId}:root`, accountId]
      : [assumedRoleArn(accountId, roleArn, name), `AROA${roleId(roleArn)}:${name}`]
  return xmlElement('Arn', arn) + xmlElement('UserId', userId) + xmlElement('Account', accountId)
}

function roleId(roleArn: string): string {
  return roleArn
    .slice(roleArn.lastIndexOf('/') + 1)
    .toUpperCase()
    .slice(0, 16)
}
