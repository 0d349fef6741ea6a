import { type CallTable, refused } from '../calls.ts'

export const iam: CallTable = {
  service: 'iam',
  calls: [
    refused('list-users', 'ListUsers'),
    refused('list-roles', 'ListRoles'),
    refused('get-role --role-name EchoRole', 'GetRole'),
    refused('list-attached-role-policies --role-name EchoRole', 'ListAttachedRolePolicies'),
    refused('get-user', 'GetUser'),
  ],
}
