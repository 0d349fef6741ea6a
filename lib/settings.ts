import { PRIORITIES, type Priority } from '../protocol/job/priority.ts'
import { EXTERNAL_QUEUE, QUEUE_NAME } from '../protocol/job/queue-name.ts'
import { ENVIRONMENT } from '../lambdas/environment.ts'
import {
  duration,
  type Kind,
  list,
  objectFrom,
  oneOf,
  readObject,
  readValue,
  SECOND_MS,
  text,
  variables,
  wholeNumber,
} from './setting-kinds.ts'
import type { SettingsInput } from './settings-input.ts'

/** Complete and checked settings. Durations are in milliseconds. */
export interface Settings {
  readonly namePrefix: string
  readonly tasksPath: string
  readonly externalModules: readonly string[]
  readonly layers: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** In milliseconds. */
  readonly resultTtl: number
  readonly resultShards: number
  readonly memoryMb: number
  /** In milliseconds. */
  readonly timeout: number
  readonly logRetentionDays: number
  readonly jobLog: 'none' | 'failures' | 'all'
  readonly removalPolicy: 'retain' | 'destroy'
  readonly deletionProtection: boolean
  readonly webhookTargets: 'public' | 'any'
  readonly lanes: Readonly<Record<string, LaneSettings>>
}

/** The complete and checked settings of one lane. Durations are in milliseconds. */
export interface LaneSettings {
  readonly memoryMb: number
  /** In milliseconds. */
  readonly timeout: number
  readonly maxConcurrency: Readonly<Partial<Record<Priority, number>>>
}

const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]
const MINUTE_MS = 60 * SECOND_MS
const TEN_YEARS_MS = 3_650 * 24 * 60 * MINUTE_MS

/**
 * Checks settings and fills in the defaults. Throws a `SettingsError` at the first one that is not allowed.
 * Its result is valid input, too.
 *
 * @example
 * parseSettings({ resultTtl: '30d', lanes: { default: { memoryMb: 2048 } } }).resultTtl // 2592000000
 */
export function parseSettings(input: SettingsInput): Settings {
  const setting = readObject(input, 'settings', SETTINGS)
  const removalPolicy = setting('removalPolicy', 'retain')
  return {
    namePrefix: setting('namePrefix', 'Jobwire'),
    tasksPath: setting('tasksPath', 'tasks/index.ts'),
    externalModules: setting('externalModules', []),
    layers: setting('layers', []),
    environment: setting('environment', {}),
    resultTtl: setting('resultTtl', 7 * 24 * 60 * MINUTE_MS),
    resultShards: setting('resultShards', 16),
    memoryMb: setting('memoryMb', 512),
    timeout: setting('timeout', 29 * SECOND_MS),
    logRetentionDays: setting('logRetentionDays', 30),
    jobLog: setting('jobLog', 'failures'),
    removalPolicy,
    deletionProtection: setting('deletionProtection', removalPolicy === 'retain'),
    webhookTargets: setting('webhookTargets', 'public'),
    lanes: setting('lanes', { default: parseLane({}, 'lanes.default') }),
  }
}

/**
 * Returns the names of all settings.
 *
 * @example
 * settingNames() // ['namePrefix', 'tasksPath', …]
 */
export function settingNames(): string[] {
  return Object.keys(SETTINGS)
}

const SETTINGS = {
  namePrefix: text('1 to 40 letters, digits and hyphens, beginning with a letter', /^[A-Za-z][A-Za-z0-9-]{0,39}$/),
  tasksPath: text('the path of a module, like "tasks/index.ts"', /\S/),
  externalModules: list('a list of names of packages, like ["sharp"]', /^(@[\w.-]+\/)?[\w.-]+$/),
  layers: list('a list of ARNs of layer versions or of folders, like ["layers/sharp"]', /\S/),
  environment: variables(Object.values(ENVIRONMENT)),
  resultTtl: duration('a duration from a minute to ten years, like "7d"', MINUTE_MS, TEN_YEARS_MS),
  resultShards: wholeNumber(1, 256),
  memoryMb: wholeNumber(128, 10_240),
  timeout: duration('a duration from 1 to 29 seconds, like "20s"', SECOND_MS, 29 * SECOND_MS),
  logRetentionDays: oneOf(LOG_RETENTION_DAYS, Number),
  jobLog: oneOf<'none' | 'failures' | 'all'>(['none', 'failures', 'all']),
  removalPolicy: oneOf<'retain' | 'destroy'>(['retain', 'destroy']),
  deletionProtection: oneOf([true, false], (value) => (value === 'true' ? true : value === 'false' ? false : value)),
  webhookTargets: oneOf<'public' | 'any'>(['public', 'any']),
  lanes: lanes(),
}

const LANE_SETTINGS = {
  memoryMb: wholeNumber(128, 10_240),
  timeout: duration('a duration from a second to 15 minutes, like "1m"', SECOND_MS, 15 * MINUTE_MS),
  maxConcurrency: concurrency(),
}

function parseLane(input: unknown, path: string): LaneSettings {
  const setting = readObject(input, path, LANE_SETTINGS)
  return {
    memoryMb: setting('memoryMb', 1_024),
    timeout: setting('timeout', MINUTE_MS),
    maxConcurrency: setting('maxConcurrency', {}),
  }
}

function lanes(): Kind<Readonly<Record<string, LaneSettings>>> {
  const isLane = (name: string): boolean => QUEUE_NAME.test(name) && name !== EXTERNAL_QUEUE
  return {
    allowed:
      'an object of lanes that has "default". A name has at most 30 lower-case letters, digits and hyphens, ' +
      `begins with a letter, and is not "${EXTERNAL_QUEUE}"`,
    read: (value, path) => {
      const given = Object.entries(objectFrom(value, `The setting "${path}"`))
      if (!given.some(([lane]) => lane === 'default') || given.some(([lane]) => !isLane(lane))) return undefined
      return Object.fromEntries(given.map(([lane, input]) => [lane, parseLane(input, `${path}.${lane}`)]))
    },
  }
}

function concurrency(): Kind<Readonly<Partial<Record<Priority, number>>>> {
  const limit = wholeNumber(2, 1_000)
  return {
    allowed: `${limit.allowed}, or an object of such numbers by priority (${PRIORITIES.join(', ')})`,
    read: (value, path) => {
      if (typeof value !== 'object' || value === null) {
        const every = limit.read(value, path)
        return every === undefined ? undefined : Object.fromEntries(PRIORITIES.map((priority) => [priority, every]))
      }
      const given = Object.entries(value)
      if (given.some(([priority]) => !PRIORITIES.includes(priority as Priority))) return undefined
      return Object.fromEntries(
        given.map(([priority, count]) => [priority, readValue(count, `${path}.${priority}`, limit)]),
      )
    },
  }
}
