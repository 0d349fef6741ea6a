import { type CallTable, refused } from '../calls.ts'

export const apigatewayv2: CallTable = {
  service: 'apigatewayv2',
  calls: [
    refused('get-apis', 'GetApis'),
    refused('get-routes --api-id abc', 'GetRoutes'),
    refused('get-stages --api-id abc', 'GetStages'),
  ],
}
