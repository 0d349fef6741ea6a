import {
  lambdaFunction,
  role,
  table,
  writeAssembly,
  type HandMadeAssembly,
} from '../../conformance/cloud/hand-made-assembly.ts'

const arnOf = (id: string): object => ({ 'Fn::GetAtt': [id, 'Arn'] })
const output = (value: unknown, exportName?: string): object => ({
  Value: value,
  Description: 'A value of the calls',
  ...(exportName !== undefined && { Export: { Name: exportName } }),
})

/** A stack with one resource of every service that the calls use. Its outputs are the calls' `$values`. */
export function writeStack(): HandMadeAssembly {
  return writeAssembly(
    {
      Description: 'The stack of the calls',
      Resources: {
        Parcels: {
          Type: 'AWS::SQS::Queue',
          Properties: { RedrivePolicy: { deadLetterTargetArn: arnOf('LostParcels'), maxReceiveCount: 1 } },
        },
        LostParcels: { Type: 'AWS::SQS::Queue' },
        Jobs: table(),
        Files: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'files' } },
        Token: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'token', SecretString: 'first' } },
        Reminders: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: 'reminders' } },
        Lines: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/calls/echo', RetentionInDays: 7 } },
        Echo: {
          ...lambdaFunction('EchoRole', 'echo'),
          Properties: {
            ...(lambdaFunction('EchoRole', 'echo') as { Properties: object }).Properties,
            FunctionName: 'echo',
            LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: 'Lines' } },
            Environment: { Variables: { COLOUR: 'green' } },
          },
        },
        EchoRole: role({
          Effect: 'Allow',
          Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
          Resource: arnOf('LostParcels'),
        }),
        Mapping: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: { EventSourceArn: arnOf('LostParcels'), FunctionName: { Ref: 'Echo' }, Enabled: false },
        },
        SchedulesRole: {
          Type: 'AWS::IAM::Role',
          Properties: {
            AssumeRolePolicyDocument: {
              Statement: [
                { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'scheduler.amazonaws.com' } },
              ],
            },
            Policies: [
              {
                PolicyName: 'own',
                PolicyDocument: {
                  Version: '2012-10-17',
                  Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf('Parcels') }],
                },
              },
            ],
          },
        },
      },
      Outputs: {
        queue: output({ Ref: 'Parcels' }, 'calls-queue'),
        queueArn: output(arnOf('Parcels')),
        lostQueue: output({ Ref: 'LostParcels' }),
        lostQueueArn: output(arnOf('LostParcels')),
        table: output({ Ref: 'Jobs' }),
        bucket: output({ Ref: 'Files' }),
        secret: output({ Ref: 'Token' }),
        group: output({ Ref: 'Reminders' }),
        function: output({ Ref: 'Echo' }),
        functionArn: output(arnOf('Echo')),
        logGroup: output({ Ref: 'Lines' }),
        schedulesRole: output(arnOf('SchedulesRole')),
      },
    },
    {
      echo: `exports.handler = async (event) => {
        if (event.fail) throw new Error('asked to fail')
        console.log('heard', event)
        console.warn('careful')
        return { heard: event }
      }`,
    },
  )
}
