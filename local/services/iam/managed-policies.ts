import { AssemblyError } from '../../assembly/assembly-error.ts'

const LOGS_ONLY = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' },
  ],
}

/** The managed policies of AWS that CDK attaches by itself. All of them are about logs. */
const AWS_MANAGED: Readonly<Record<string, unknown>> = {
  'service-role/AWSLambdaBasicExecutionRole': LOGS_ONLY,
  'service-role/AmazonAPIGatewayPushToCloudWatchLogs': LOGS_ONLY,
}

const AWS_MANAGED_ARN = /^arn:aws:iam::aws:policy\/(.+)$/

/** Returns the document of a managed policy of AWS's own; undefined for an ARN of this account. */
export function awsManagedPolicy(arn: string, logicalId: string): unknown {
  const name = AWS_MANAGED_ARN.exec(arn)?.[1]
  if (name === undefined) return undefined
  if (Object.hasOwn(AWS_MANAGED, name)) return AWS_MANAGED[name]
  throw new AssemblyError(
    `${logicalId}: the local cloud does not know the managed policy ${name}. ` +
      `Write the statements into the role, or add the policy to local/services/iam.`,
  )
}
