import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nearestName } from './nearest-name.ts'
import { objectFrom, SettingsError } from './setting-kinds.ts'
import { settingNames } from './settings.ts'
import type { SettingsInput } from './settings-input.ts'

/** The places that settings come from. */
export interface SettingSources {
  /** The value of the context key `jobwire`: an object, or its JSON. */
  readonly context?: unknown
  /**
   * The props of the construct. They override the context.
   * @default {}
   */
  readonly props?: SettingsInput
  /** The environment variables. They override the props. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Collects settings from the CDK context, the props of a construct and the environment. The value of a variable is
 * still a string, from which `parseSettings` reads numbers, durations and booleans.
 *
 * @example
 * const context = app.node.tryGetContext('jobwire')
 * const settings = parseSettings(collectSettings({ context, environment: process.env }))
 */
export function collectSettings({ context, props = {}, environment }: SettingSources): SettingsInput {
  refuseUnknownVariables(environment)
  const given = Object.entries(props).filter(([, value]) => value !== undefined)
  const collected: Record<string, unknown> = {
    ...objectFrom(context ?? {}, 'The context key "jobwire"'),
    ...Object.fromEntries(given),
  }
  for (const name of settingNames()) {
    const variable = environmentName(name)
    const value = environment[variable]
    if (value === undefined || value === '') continue
    collected[name] = name === 'lanes' ? objectFrom(value, variable) : value
  }
  return collected
}

/**
 * Returns the names of the environment variables that `collectSettings` reads.
 *
 * @example
 * settingsVariables() // ['JOBWIRE_NAME_PREFIX', 'JOBWIRE_TASKS_PATH', …]
 */
export function settingsVariables(): string[] {
  return settingNames().map(environmentName)
}

/**
 * Throws a `SettingsError` if `cdk.json` has the settings at its top level, where the CDK passes them to nobody.
 *
 * @example
 * refuseTopLevelSettings(process.cwd())
 */
export function refuseTopLevelSettings(folder: string): void {
  const path = join(folder, 'cdk.json')
  if (!existsSync(path)) return
  const file = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  if (!Object.hasOwn(file, 'jobwire')) return
  throw new SettingsError(
    'cdk.json has the key "jobwire" at its top level, where the CDK ignores it. Move it into "context".',
  )
}

/** Other programs may use variables that begin alike. One that is nearly the name of a setting is a typing error. */
function refuseUnknownVariables(environment: SettingSources['environment']): void {
  const variables = settingsVariables()
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || value === undefined || value === '' || variables.includes(name)) continue
    const nearest = nearestName(
      name.slice(PREFIX.length),
      variables.map((variable) => variable.slice(PREFIX.length)),
    )
    if (nearest === undefined) continue
    throw new SettingsError(`The environment has ${name}, which is no setting. Did you mean ${PREFIX}${nearest}?`)
  }
}

const PREFIX = 'JOBWIRE_'

/**
 * Returns the environment variable of a setting.
 *
 * @example
 * environmentName('resultTtl') // 'JOBWIRE_RESULT_TTL'
 */
export function environmentName(setting: string): string {
  return PREFIX + setting.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}
