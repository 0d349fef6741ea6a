import { readFileSync } from 'node:fs'
import { CommandError } from '../frame/command-error.ts'
import { configPath, findProfile, readConfig, type Profile } from './config.ts'
import { findDevFile } from './dev-file.ts'
import { findLocalCloud, findByStack } from './stack.ts'
import type { Target, TargetOptions } from './target.ts'

/** Returns `cli` or `env` for an option that was given. */
export type OptionSource = (name: string) => string | undefined

const ADDRESSES = ['profile', 'url', 'stack'] as const

/**
 * Finds the deployment to use. The first of these counts: the options of the command line, the variables, the profile of
 * `jobwire profiles use`, the local cloud of this project, and one on the default port.
 */
export async function resolveTarget(options: TargetOptions, sourceOf: OptionSource): Promise<Target> {
  // An empty variable counts as none.
  const addresses = ADDRESSES.filter((name) => (options[name] ?? '') !== '')
  const source = (['cli', 'env'] as const).find((from) => addresses.some((name) => sourceOf(name) === from))
  const given = addresses.filter((name) => source !== undefined && sourceOf(name) === source)
  if (given.length > 1) {
    const names = given.map((name) => `--${name}`).join(' and ')
    throw new CommandError('usage', 'BAD_USAGE', `${names} each name a deployment: give one of them.`)
  }
  const [address] = given
  // A token of a variable belongs to the address of a variable. It must not go to a deployment that is named otherwise.
  const takesVariables = source === 'env' || address === 'url'
  const own: Profile = pick(options, ['region', 'endpointUrl', 'namespace'], () => true)
  const token: Profile = pick(options, ['token', 'tokenFile'], (name) => takesVariables || sourceOf(name) === 'cli')
  if (address === 'url') return resolveFields({ ...own, ...token, url: options.url! }, `the address ${options.url}`)
  if (address === 'stack')
    return resolveFields({ ...own, ...token, stack: options.stack! }, `the stack ${options.stack}`)
  const profile = address === 'profile' ? options.profile! : readConfig().current
  if (profile !== undefined) return resolveProfile(profile, own, token)
  return findOnThisMachine(own, token)
}

function resolveProfile(name: string, own: Profile, token: Profile): Promise<Target> {
  const stored = findProfile(readConfig(), name)
  if (stored === undefined) {
    const advice = 'See `jobwire profiles list`, or add it: jobwire profiles add'
    throw new CommandError('usage', 'UNKNOWN_PROFILE', `${configPath()} has no profile "${name}".`, { advice })
  }
  // A token of the options replaces the one of the profile, whichever kind it has.
  const { token: _token, tokenFile: _tokenFile, ...withoutToken } = stored
  const base = Object.keys(token).length === 0 ? stored : withoutToken
  return resolveFields({ ...base, ...own, ...token }, `the profile ${name}`)
}

async function findOnThisMachine(own: Profile, token: Profile): Promise<Target> {
  const found = findDevFile(process.cwd())
  if (found !== undefined && own.namespace === undefined) {
    const { dev, path } = found
    const devToken = async () => dev.token
    return { url: dev.url, token: tokenSource(token) ?? devToken, foundBy: path, awsEndpoint: dev.endpoint }
  }
  const cloud = await findLocalCloud(found?.dev.endpoint, own.namespace)
  if (cloud !== undefined) return { ...cloud, token: tokenSource(token) ?? cloud.token }
  throw new CommandError('usage', 'NO_DEPLOYMENT', 'There is no deployment to use, and no local cloud runs here.', {
    advice: 'Give --url and --token, --stack or --profile, or start one: jobwire dev',
  })
}

async function resolveFields(fields: Profile, foundBy: string): Promise<Target> {
  const token = tokenSource(fields)
  if (fields.stack !== undefined) {
    const found = await findByStack({ ...fields, stack: fields.stack }, fields.namespace)
    return { ...found, url: fields.url ?? found.url, token: token ?? found.token, foundBy }
  }
  if (fields.url === undefined) {
    throw new CommandError('usage', 'NO_DEPLOYMENT', `Neither an address nor a stack is known for ${foundBy}.`)
  }
  if (token === undefined) {
    throw new CommandError('usage', 'NO_TOKEN', `There is no token for ${foundBy}.`, {
      advice: 'Give --token or --token-file, set JOBWIRE_TOKEN, or use --stack with your AWS credentials.',
    })
  }
  const awsEndpoint = fields.endpointUrl ?? localEndpoint(fields.url)
  return { url: fields.url, token, foundBy, ...(awsEndpoint === undefined ? {} : { awsEndpoint }) }
}

/** A local cloud has its AWS APIs and its REST API on one port. */
function localEndpoint(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  const { hostname, origin } = new URL(url)
  return hostname === '127.0.0.1' || hostname === 'localhost' ? origin : undefined
}

/** A token file is read for each request, so that a program may renew it. */
function tokenSource({ token, tokenFile }: Profile): (() => Promise<string>) | undefined {
  if (token !== undefined) return async () => token
  if (tokenFile === undefined) return undefined
  return async () => readFileSync(tokenFile, 'utf8').trim()
}

function pick(options: TargetOptions, names: readonly (keyof Profile & keyof TargetOptions)[], wanted: OptionFilter) {
  const given = names.filter((name) => (options[name] ?? '') !== '' && wanted(name))
  return Object.fromEntries(given.map((name) => [name, options[name]])) as Profile
}

type OptionFilter = (name: string) => boolean
