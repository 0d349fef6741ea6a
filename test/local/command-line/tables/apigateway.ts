import { type CallTable, refused } from '../calls.ts'

export const apigateway: CallTable = {
  service: 'apigateway',
  calls: [
    refused('get-rest-apis', 'GetRestApis'),
    refused('get-rest-api --rest-api-id abc', 'GetRestApi'),
    refused('get-resources --rest-api-id abc', 'GetResources'),
    refused('get-stages --rest-api-id abc', 'GetStages'),
    refused('get-domain-names', 'GetDomainNames'),
  ],
}
