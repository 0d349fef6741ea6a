import { type CallTable, refused, works } from '../calls.ts'

export const sts: CallTable = {
  service: 'sts',
  calls: [
    works('get-caller-identity', { Account: '000000000000', Arn: 'arn:aws:iam::000000000000:root' }),
    refused('get-session-token', 'GetSessionToken'),
    refused('assume-role --role-arn $schedulesRole --role-session-name calls', 'AssumeRole'),
  ],
}
