import { connect as openTcp } from 'node:net'
import { DEFAULT_PORT } from '../default-port.ts'
import { CommandError } from '../frame/command-error.ts'
import { readTokenSecret, signToken } from '../token.ts'
import { cachedAccess, type Access } from './access-cache.ts'
import { reachableUrl } from './reachable-url.ts'
import type { StackPlace, Target } from './target.ts'

/** The outputs of one platform in a stack. A construct's id comes before the names, like `JobsRestUrl`. */
export interface PlatformOutputs {
  readonly prefix: string
  readonly restUrl: string
  readonly tokenSecretArn: string
}

const TOKEN_LIFETIME_SECONDS = 15 * 60

/** The deployment of a stack, with tokens that are signed by its own secret, with the caller's AWS credentials. */
export async function findByStack(place: StackPlace, namespace = 'default'): Promise<Target> {
  const access = accessSource(place, namespace)
  return {
    url: (await access()).url,
    token: async () => (await access()).token,
    foundBy: `the stack ${place.stack}`,
    stack: place,
    ...(place.endpointUrl === undefined ? {} : { awsEndpoint: place.endpointUrl }),
  }
}

/** A local cloud that was started in another folder, found by its default port. */
export async function findLocalCloud(
  endpoint = `http://127.0.0.1:${DEFAULT_PORT}`,
  namespace = 'default',
): Promise<Target | undefined> {
  if (!(await isListening(endpoint))) return undefined
  useLocalCredentials()
  const place = { stack: '', region: 'us-east-1', endpointUrl: endpoint }
  try {
    return { ...(await findByStack(place, namespace)), foundBy: `the local cloud at ${endpoint}` }
  } catch {
    // Some other program listens there.
    return undefined
  }
}

/** Keeps the access on disk, but not for an emulator: it has other secrets after its next start. */
function accessSource(place: StackPlace, namespace: string): () => Promise<Access> {
  const open = () => openAccess(place, namespace)
  if (place.endpointUrl === undefined) return () => cachedAccess(place, namespace, open)
  let opened: Promise<Access> | undefined
  return () => (opened ??= open())
}

async function openAccess(place: StackPlace, namespace: string): Promise<Access> {
  const { restUrl, tokenSecretArn } = choosePlatform(place.stack, await describeOutputs(place))
  const secret = await readTokenSecret(tokenSecretArn, place.endpointUrl, place.awsProfile)
  const token = await signToken(secret, { namespace, subject: 'cli', expiresInSeconds: TOKEN_LIFETIME_SECONDS })
  return {
    url: reachableUrl(restUrl, place.endpointUrl),
    token,
    expiresAtMs: Date.now() + TOKEN_LIFETIME_SECONDS * 1000,
  }
}

/** Reads the outputs of the stack, or of all stacks if it has no name. */
export async function describeOutputs(place: StackPlace): Promise<ReadonlyMap<string, string>> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation')
  const client = new CloudFormationClient(clientOptions(place))
  const [StackName] = place.stack.split('/')
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand(StackName === '' ? {} : { StackName }))
    const outputs = Stacks.flatMap(({ Outputs = [] }) => Outputs)
    return new Map(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]))
  } finally {
    client.destroy()
  }
}

/** Returns the only platform of the outputs, or the one that `stack/prefix` names. */
export function choosePlatform(stack: string, outputs: ReadonlyMap<string, string>): PlatformOutputs {
  const platforms = findPlatforms(outputs)
  const [name, wanted] = stack.split('/') as [string, string | undefined]
  const chosen = wanted === undefined ? platforms : platforms.filter(({ prefix }) => prefix === wanted)
  if (chosen.length === 1) return chosen[0]!
  const names = platforms.map(({ prefix }) => `${name}/${prefix}`).join(', ')
  throw new CommandError(
    'usage',
    platforms.length === 0 ? 'NO_PLATFORM' : 'WHICH_PLATFORM',
    platforms.length === 0
      ? `The stack ${name} has no outputs whose names end in RestUrl and TokenSecretArn.`
      : `The stack ${name} has several platforms: give one of ${names}.`,
  )
}

export function findPlatforms(outputs: ReadonlyMap<string, string>): PlatformOutputs[] {
  return [...outputs].flatMap(([name, restUrl]) => {
    const prefix = /^(.*)RestUrl$/.exec(name)?.[1]
    const tokenSecretArn = prefix === undefined ? undefined : outputs.get(`${prefix}TokenSecretArn`)
    return prefix === undefined || tokenSecretArn === undefined ? [] : [{ prefix, restUrl, tokenSecretArn }]
  })
}

export function clientOptions({ region, endpointUrl, awsProfile }: StackPlace) {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
    ...(awsProfile === undefined ? {} : { profile: awsProfile }),
  }
}

/** A local cloud accepts any credentials, so the caller's own are never sent to it. */
export function useLocalCredentials(): void {
  process.env['AWS_ACCESS_KEY_ID'] = 'local'
  process.env['AWS_SECRET_ACCESS_KEY'] = 'local'
  delete process.env['AWS_SESSION_TOKEN']
  delete process.env['AWS_PROFILE']
}

function isListening(endpoint: string): Promise<boolean> {
  const { hostname, port } = new URL(endpoint)
  return new Promise((resolve) => {
    const socket = openTcp({ host: hostname, port: Number(port), timeout: 500 })
    const end = (listens: boolean) => {
      socket.destroy()
      resolve(listens)
    }
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false))
  })
}
