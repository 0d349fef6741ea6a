import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { CommandError } from '../frame/command-error.ts'

/** A deployment by a name. Either `url` with a token, or a stack whose outputs say both. */
export interface Profile {
  readonly url?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly stack?: string
  readonly region?: string
  readonly awsProfile?: string
  readonly endpointUrl?: string
  readonly namespace?: string
}

export interface Config {
  /** The profile that is used if nothing else names a deployment. */
  readonly current?: string
  readonly profiles: Readonly<Record<string, Profile>>
}

/** Names are the user's own, so `toString` must not find what every object has. */
export function findProfile({ profiles }: Config, name: string): Profile | undefined {
  return Object.hasOwn(profiles, name) ? profiles[name] : undefined
}

export function configPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'jobwire', 'config.json')
}

export function readConfig(path: string = configPath()): Config {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { profiles: {} }
    throw error
  }
  try {
    const config = JSON.parse(text) as Partial<Config>
    return { ...config, profiles: config.profiles ?? {} }
  } catch (cause) {
    throw new CommandError('usage', 'BAD_CONFIG', `${path} is not valid JSON.`, { cause })
  }
}

/** Writes the file for the user alone, because it may hold tokens. */
export function writeConfig(config: Config, path: string = configPath()): void {
  writePrivately(path, `${JSON.stringify(config, null, 2)}\n`)
}

/** Replaces a file at once, readable for its user only. */
export function writePrivately(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const fresh = `${path}.${process.pid}`
  writeFileSync(fresh, text, { mode: 0o600 })
  renameSync(fresh, path)
}
