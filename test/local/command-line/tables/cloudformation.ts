import { expect } from '@jest/globals'
import { type CallTable, fails, prints, refused, works } from '../calls.ts'

const STACK = { StackName: 'Example', StackStatus: 'CREATE_COMPLETE' }

export const cloudformation: CallTable = {
  service: 'cloudformation',
  calls: [
    works('describe-stacks', { Stacks: [STACK] }, { stackId: 'Stacks.0.StackId' }),
    works('describe-stacks --stack-name Example', {
      Stacks: [
        {
          ...STACK,
          Outputs: expect.arrayContaining([
            expect.objectContaining({ OutputKey: 'bucket', OutputValue: 'files' }),
            expect.objectContaining({ OutputKey: 'queue', ExportName: 'calls-queue' }),
          ]),
        },
      ],
    }),
    works('describe-stacks --stack-name $stackId', { Stacks: [STACK] }),
    fails('describe-stacks --stack-name Missing', 'ValidationError'),
    prints('wait stack-create-complete --stack-name Example', /^$/),
    works('list-stacks', { StackSummaries: [STACK] }),
    works('list-stacks --stack-status-filter DELETE_COMPLETE', { StackSummaries: [] }),
    works('describe-stack-resources --stack-name Example', {
      StackResources: expect.arrayContaining([
        expect.objectContaining({
          LogicalResourceId: 'Files',
          PhysicalResourceId: 'files',
          ResourceType: 'AWS::S3::Bucket',
          ResourceStatus: 'CREATE_COMPLETE',
        }),
      ]),
    }),
    works('describe-stack-resources --physical-resource-id files --logical-resource-id Files', {
      StackResources: [{ StackName: 'Example', LogicalResourceId: 'Files' }],
    }),
    works('describe-stack-resource --stack-name Example --logical-resource-id Echo', {
      StackResourceDetail: { PhysicalResourceId: 'echo', ResourceType: 'AWS::Lambda::Function' },
    }),
    fails('describe-stack-resource --stack-name Example --logical-resource-id Missing', 'ValidationError'),
    works('list-stack-resources --stack-name Example', {
      StackResourceSummaries: expect.arrayContaining([expect.objectContaining({ LogicalResourceId: 'Jobs' })]),
    }),
    works('list-exports', { Exports: [{ Name: 'calls-queue', Value: expect.stringContaining('Parcels') }] }),
    refused('delete-stack --stack-name Example', 'DeleteStack'),
    refused('describe-stack-events --stack-name Example', 'DescribeStackEvents'),
    refused('get-template --stack-name Example', 'GetTemplate'),
  ],
}
