import { expect } from '@jest/globals'
import { type CallTable, fails, prints, refused, works } from '../calls.ts'

const CONFIGURATION = {
  FunctionName: 'echo',
  Handler: 'index.handler',
  Runtime: 'nodejs24.x',
  State: 'Active',
  Environment: { Variables: { COLOUR: 'green' } },
}

export const lambda: CallTable = {
  service: 'lambda',
  calls: [
    works('list-functions', { Functions: [{ FunctionName: 'echo' }] }),
    works('get-function --function-name $function', { Configuration: CONFIGURATION }),
    works('get-function --function-name $functionArn', { Configuration: CONFIGURATION }),
    works('get-function-configuration --function-name echo', CONFIGURATION),
    fails('get-function --function-name nobody', 'ResourceNotFoundException'),
    prints('wait function-active-v2 --function-name echo', /^$/),
    works('invoke --function-name echo /dev/null', { StatusCode: 200, ExecutedVersion: '$LATEST' }),
    works('invoke --function-name echo --log-type Tail /dev/null', {
      StatusCode: 200,
      LogResult: expect.stringMatching(/^[\w+/=]{200,}$/),
    }),
    works('invoke --function-name echo --invocation-type Event /dev/null', { StatusCode: 202 }),
    works('invoke --function-name echo --invocation-type DryRun /dev/null', { StatusCode: 204 }),
    fails('invoke --function-name nobody /dev/null', 'ResourceNotFoundException'),
    fails('invoke --function-name echo --log-type Head /dev/null', 'InvalidParameterValueException'),
    works(
      'list-event-source-mappings',
      { EventSourceMappings: [{ State: 'Disabled', BatchSize: 10 }] },
      { mapping: 'EventSourceMappings.0.UUID' },
    ),
    works('list-event-source-mappings --function-name echo --event-source-arn $lostQueueArn', {
      EventSourceMappings: [{ FunctionArn: expect.stringContaining(':function:echo') }],
    }),
    works('get-event-source-mapping --uuid $mapping', { State: 'Disabled' }),
    fails('get-event-source-mapping --uuid none', 'ResourceNotFoundException'),
    refused('delete-function --function-name echo', 'DeleteFunction'),
    refused('update-function-configuration --function-name echo --timeout 5', 'UpdateFunctionConfiguration'),
    refused('list-aliases --function-name echo', 'ListAliases'),
    refused('get-policy --function-name echo', 'GetPolicy'),
    refused('list-layers', 'ListLayers'),
    refused('get-account-settings', 'GetAccountSettings'),
  ],
}
