import { ownValue } from '../../named-values.ts'

const LOGS_ONLY = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' },
  ],
}

const allow = (...actions: string[]): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
})

/** The managed policies of AWS that matter to functions. */
const AWS_MANAGED: Readonly<Record<string, unknown>> = {
  AdministratorAccess: allow('*'),
  AmazonDynamoDBFullAccess: allow('dynamodb:*'),
  AmazonDynamoDBReadOnlyAccess: allow(
    'dynamodb:BatchGetItem',
    'dynamodb:Describe*',
    'dynamodb:GetItem',
    'dynamodb:List*',
    'dynamodb:PartiQLSelect',
    'dynamodb:Query',
    'dynamodb:Scan',
  ),
  AmazonS3FullAccess: allow('s3:*'),
  AmazonS3ReadOnlyAccess: allow('s3:Get*', 's3:List*', 's3:Describe*'),
  AmazonSQSFullAccess: allow('sqs:*'),
  AWSLambda_FullAccess: allow('lambda:*'),
  SecretsManagerReadWrite: allow('secretsmanager:*'),
  AmazonSSMReadOnlyAccess: allow('ssm:Describe*', 'ssm:Get*', 'ssm:List*'),
  'service-role/AWSLambdaBasicExecutionRole': LOGS_ONLY,
  'service-role/AWSLambdaVPCAccessExecutionRole': LOGS_ONLY,
  'service-role/AmazonAPIGatewayPushToCloudWatchLogs': LOGS_ONLY,
  'service-role/AWSLambdaRole': allow('lambda:InvokeFunction'),
  'service-role/AWSLambdaSQSQueueExecutionRole': allow(
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
  ),
}

const AWS_MANAGED_ARN = /^arn:aws:iam::aws:policy\/(.+)$/

/** Returns the document of a managed policy of AWS's own; undefined for another ARN and for one that is not here. */
export function awsManagedPolicy(arn: string): unknown {
  const name = AWS_MANAGED_ARN.exec(arn)?.[1]
  return name === undefined ? undefined : ownValue(AWS_MANAGED, name)
}
