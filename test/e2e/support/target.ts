import { it } from '@jest/globals'
import { connect, type ConnectOptions, type Jobwire } from '@jobwire/sdk'
import type { tasks } from '../../../tasks/index.ts'
import { signToken } from '../../../cli/token.ts'

export type Tasks = typeof tasks

/** Where the suite runs: `local` (default), `emulator` or `aws`. The run's set-up puts the addresses in the environment. */
export interface Target {
  readonly name: 'local' | 'emulator' | 'aws'
  readonly url: string
  readonly socketUrl: string
  readonly tokenSecret: string
  /** The AWS endpoint of the local cloud or the emulator. */
  readonly endpoint: string | undefined
}

function read(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run the suite with npm test or npm run test:emulator.`)
  return value
}

export const target: Target = {
  name: read('JOBWIRE_TARGET') as Target['name'],
  url: read('JOBWIRE_URL'),
  socketUrl: read('JOBWIRE_SOCKET_URL'),
  tokenSecret: read('JOBWIRE_TOKEN_SECRET'),
  endpoint: process.env.JOBWIRE_ENDPOINT,
}

/** What each kind of target cannot do, though AWS does. AWS is right; these tests are skipped there, by name. */
const ALLOWANCES = {
  frameLimits: { targets: ['emulator'], reason: 'the emulator has no limit on frames' },
  authorizerStatus: {
    targets: ['emulator'],
    reason: 'the emulator answers 500 where an authorizer throws Unauthorized',
  },
  localReceivers: { targets: ['aws'], reason: 'what is deployed does not call receivers on this machine' },
  bodyLimit: { targets: ['emulator'], reason: 'the emulator has no limit on REST bodies' },
} as const satisfies Record<string, { targets: readonly Target['name'][]; reason: string }>

export type Allowance = keyof typeof ALLOWANCES

/** A test of something that a target may not be able to do. */
export function itNeeds(allowance: Allowance, title: string, body: () => Promise<void>): void {
  const { targets, reason } = ALLOWANCES[allowance]
  if ((targets as readonly string[]).includes(target.name)) it.skip(`${title} (skipped: ${reason})`, body)
  else it(title, body)
}

/** A namespace of its own for each test file run, so that runs on a lasting deployment do not meet. */
export function uniqueNamespace(): string {
  return `e2e-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`
}

export function mintToken(namespace: string, expiresInSeconds = 3600): Promise<string> {
  return signToken(target.tokenSecret, { namespace, subject: 'e2e', expiresInSeconds })
}

export async function connectAs(namespace: string, options: Partial<ConnectOptions> = {}): Promise<Jobwire<Tasks>> {
  return connect<Tasks>({ url: target.url, token: await mintToken(namespace), ...options })
}

/** A client of the SDK, and a token for requests without it. */
export async function connectWithToken(namespace: string): Promise<{ jobs: Jobwire<Tasks>; token: string }> {
  return { jobs: await connectAs(namespace), token: await mintToken(namespace) }
}

/** A plain REST request, as a program without the SDK would make it. */
export async function rest(
  path: string,
  { token, method = 'GET', body }: { token?: string; method?: string; body?: string | Buffer } = {},
): Promise<{ status: number; headers: Headers; body: any }> {
  const answer = await fetch(target.url.replace(/\/$/, '') + path, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body }),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) }
}
