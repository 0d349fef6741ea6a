import { clientOptions, describeOutputs, choosePlatform } from '../target/stack.ts'
import { readJobLines, workerLogGroups } from '../target/log-groups.ts'
import type { StackPlace } from '../target/target.ts'
import { readTokenSecret } from '../token.ts'
import { attempt, type Check, ok } from './check.ts'

/** Checks the AWS credentials and the permissions that the commands need for a stack. */
export async function checkAws(place: StackPlace): Promise<Check[]> {
  const { endpointUrl, awsProfile } = place
  const credentials = await attempt(
    'AWS credentials',
    'Sign in, for example by: aws sso login. Or set AWS_PROFILE.',
    async () => {
      const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation')
      const client = new CloudFormationClient(clientOptions(place))
      const { accessKeyId } = await client.config.credentials()
      const region = await client.config.region()
      client.destroy()
      return ok('AWS credentials', `access key ${maskKey(accessKeyId)}, region ${region}`)
    },
  )
  if (credentials.state === 'failed') return [credentials]
  let secretArn: string | undefined
  const stack = await attempt('stack', needs('cloudformation:DescribeStacks'), async () => {
    const platform = choosePlatform(place.stack, await describeOutputs(place))
    secretArn = platform.tokenSecretArn
    return ok('stack', `${place.stack || 'the local cloud'} has ${platform.prefix}RestUrl = ${platform.restUrl}`)
  })
  const logs = await attempt(
    'log groups',
    `For jobwire logs: ${needs('logs:DescribeLogGroups and logs:FilterLogEvents')}`,
    async () => {
      const groups = await workerLogGroups(place)
      await findNothing(place)
      return ok('log groups', `${groups.length} of workers, which may be read`)
    },
  )
  const secret = secretArn
  if (secret === undefined) return [credentials, stack, logs]
  const token = await attempt('token secret', needs('secretsmanager:GetSecretValue'), async () => {
    await readTokenSecret(secret, endpointUrl, awsProfile)
    return ok('token secret', 'may be read, so tokens can be signed here')
  })
  return [credentials, stack, token, logs]
}

/** Asks for the lines of a job that is not there, which needs the permission all the same. */
async function findNothing(place: StackPlace): Promise<void> {
  const nowMs = Date.now()
  for await (const _ of readJobLines(place, 'doctor', { startMs: nowMs - 1000, endMs: nowMs })) return
}

/** The keys of AWS have 20 characters. Others are made up, for an emulator. */
function maskKey(key: string): string {
  return key.length < 16 ? `"${key}"` : `${key.slice(0, 4)}…${key.slice(-4)}`
}

function needs(permission: string): string {
  return `Check the name and the region, and that your role may call ${permission}.`
}
