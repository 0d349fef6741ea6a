import { it } from '@jest/globals'
import { connect, type ConnectOptions, type Jobwire } from '@jobwire/sdk'
import type { tasks } from '../../../tasks/index.ts'
import { signToken } from '../../../cli/token.ts'

export type Tasks = typeof tasks

/**
 * The target of the suite: `local` (default), `emulator` or `aws`. The set-up puts the addresses in the environment.
 */
export interface Target {
  readonly name: 'local' | 'emulator' | 'aws'
  readonly url: string
  readonly socketUrl: string
  readonly tokenSecret: string
  /** The AWS endpoint of the local cloud or the emulator. */
  readonly endpoint: string | undefined
}

function readVariable(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run the suite with npm test or npm run test:emulator.`)
  return value
}

export const target: Target = {
  name: readVariable('JOBWIRE_TARGET') as Target['name'],
  url: readVariable('JOBWIRE_URL'),
  socketUrl: readVariable('JOBWIRE_SOCKET_URL'),
  tokenSecret: readVariable('JOBWIRE_TOKEN_SECRET'),
  endpoint: process.env.JOBWIRE_ENDPOINT,
}

/** Things that a target cannot do, though AWS does. AWS is right. These tests are skipped there, by name. */
const ALLOWANCES = {
  frameLimits: { targets: ['emulator'], reason: 'the emulator has no limit on frames' },
  authorizerStatus: {
    targets: ['emulator'],
    reason: 'the emulator returns 500 if an authorizer throws Unauthorized',
  },
  localReceivers: { targets: ['aws'], reason: 'a deployed stack does not call receivers on this machine' },
  scheduler: { targets: ['aws'], reason: 'the suite has no rights to list the schedules of a deployed stack' },
  bodyLimit: { targets: ['emulator'], reason: 'the emulator has no limit on REST bodies' },
} as const satisfies Record<string, { targets: readonly Target['name'][]; reason: string }>

export type Allowance = keyof typeof ALLOWANCES

/** Defines a test of something that a target may not be able to do. */
export function itNeeds(allowance: Allowance, title: string, body: () => Promise<void>): void {
  const { targets, reason } = ALLOWANCES[allowance]
  if ((targets as readonly string[]).includes(target.name)) it.skip(`${title} (skipped: ${reason})`, body)
  else it(title, body)
}

/** Makes a namespace for one run of a test file, so that runs on a lasting deployment do not meet. */
export function uniqueNamespace(): string {
  return `e2e-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`
}

export function mintToken(namespace: string, expiresInSeconds = 3600): Promise<string> {
  return signToken(target.tokenSecret, { namespace, subject: 'e2e', expiresInSeconds })
}

export async function connectAs(namespace: string, options: Partial<ConnectOptions> = {}): Promise<Jobwire<Tasks>> {
  return connect<Tasks>({ url: target.url, token: await mintToken(namespace), ...options })
}

/** Connects a client of the SDK, and makes a token for requests without it. */
export async function connectWithToken(namespace: string): Promise<{ jobs: Jobwire<Tasks>; token: string }> {
  return { jobs: await connectAs(namespace), token: await mintToken(namespace) }
}

/** Makes a plain REST request, as a program without the SDK would. */
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
