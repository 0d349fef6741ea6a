import { PRIORITIES, type Priority } from '../protocol/job/priority.ts'
import { EXTERNAL_QUEUE, QUEUE_NAME } from '../protocol/job/queue-name.ts'
import type { Duration } from '../protocol/kit/policy.ts'
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

/**
 * The settings of a deployment. Every setting has a default, so `{}` is a complete configuration.
 *
 * A setting can be given in three ways: as a prop of `JobPlatform`; in the context key `jobwire` (in `cdk.json` under
 * `context`, or by `cdk deploy -c jobwire='{"resultTtl":"30d"}'`); and as an environment variable, like
 * `JOBWIRE_RESULT_TTL` for `resultTtl`. The environment overrides the prop, and the prop overrides the context.
 * `docs/SETTINGS.md` is written from these comments.
 *
 * @example
 * const settings: SettingsInput = { resultTtl: '30d', lanes: { default: {}, video: { memoryMb: 4096, timeout: '15m' } } }
 */
export interface SettingsInput {
  /**
   * The beginning of the names of both APIs, and the name of the stack in this repository's own app: 1 to 40 letters,
   * digits and hyphens.
   *
   * Costs: nothing.
   *
   * Change it: if two deployments share an account and a region. Both APIs are then made again, with new addresses.
   * @default 'Jobwire'
   */
  readonly namePrefix?: string
  /**
   * The module that exports `tasks`, relative to the folder of `cdk.json`. It is bundled into the functions.
   *
   * Costs: a larger bundle makes cold starts slower.
   *
   * Change it: if your tasks are elsewhere.
   * @default 'tasks/index.ts'
   */
  readonly tasksPath?: string
  /**
   * Packages that the tasks import and that are not bundled. A package with native code cannot be: `['sharp']`. On AWS
   * a layer holds it; the local cloud takes it from `node_modules`.
   *
   * Costs: nothing.
   *
   * Change it: if a package has native code, or reads files beside its own code. Name a layer that has it in `layers`.
   * @default []
   */
  readonly externalModules?: readonly string[]
  /**
   * The layers of the functions that load the code of the tasks: ARNs of layer versions, or folders of which the stack
   * makes layers. A folder has its packages in `nodejs/node_modules`, installed for Linux on ARM.
   *
   * Costs: a large layer makes cold starts slower.
   *
   * Change it: together with `externalModules`.
   * @default []
   */
  readonly layers?: readonly string[]
  /**
   * The environment variables that the tasks read, at the top of their module or in a run.
   *
   * Costs: nothing. All of them and those of Jobwire may have 4 KB, as Lambda allows.
   *
   * Change it: to tell tasks the names of your tables and the like. Secrets belong in Secrets Manager: anybody who may
   * see the function sees its variables.
   * @default {}
   */
  readonly environment?: Readonly<Record<string, string>>
  /**
   * The time for which the record of a job is kept: from a minute to ten years. A job can have its own `ttl`.
   *
   * Costs: storage in DynamoDB, $0.25 per GB and month. A million small records are about 1 GB.
   *
   * Change it: if clients ask for results later than that, or never. It holds for jobs that are submitted afterwards.
   * @default '7d'
   */
  readonly resultTtl?: Duration
  /**
   * The number of partitions of the Results table over which the jobs of one namespace are spread: 1 to 256. Each takes
   * 1,000 writes a second; a list reads them all.
   *
   * Costs: a list makes one query for each.
   *
   * Change it: before the first job only, if one namespace has more than 5,000 jobs a second. A later change hides the
   * existing records.
   * @default 16
   */
  readonly resultShards?: number
  /**
   * The memory of every function except the workers, in MB: 128 to 10240. CPU grows with it.
   *
   * Costs: the functions are billed by memory and time. Twice the memory costs at most twice as much, and less where
   * the calls become faster.
   *
   * Change it: if the API functions are slow under load.
   * @default 512
   */
  readonly memoryMb?: number
  /**
   * The timeout of the functions behind the APIs: 1 to 29 seconds, because API Gateway waits no longer.
   *
   * Costs: nothing.
   *
   * Change it: rarely.
   * @default '29s'
   */
  readonly timeout?: Duration
  /**
   * The number of days for which logs are kept: one of CloudWatch's periods, like 7, 30, 90 or 365.
   *
   * Costs: $0.03 per GB and month. Writing them is $0.50 per GB.
   *
   * Change it: as your rules for logs ask.
   * @default 30
   */
  readonly logRetentionDays?: number
  /**
   * The jobs of which one line is logged when they end, with task, id, status, times and attempts. `none` also leaves
   * out the line of each failed run after which a job runs again.
   *
   * Costs: with `all`, about $0.20 per million jobs, because CloudWatch bills logs by the byte.
   *
   * Change it: to `all` if you look for jobs in the logs; `jobwire dev` does.
   * @default 'failures'
   */
  readonly jobLog?: 'none' | 'failures' | 'all'
  /**
   * `destroy` deletes the tables, the payload bucket and the secrets with the stack, or when a change replaces them.
   * `retain` keeps them, because nobody can make their contents again. The rest of the stack is always deleted.
   *
   * Costs: what is retained is billed until you delete it.
   *
   * Change it: to `destroy` for stages that come and go.
   * @default 'retain'
   */
  readonly removalPolicy?: 'retain' | 'destroy'
  /**
   * If true, DynamoDB refuses to delete the tables.
   *
   * Costs: nothing.
   *
   * Change it: to false, and deploy, before you delete a stack with all its data.
   * @default true if `removalPolicy` is `retain`
   */
  readonly deletionProtection?: boolean
  /**
   * The allowed receivers of webhooks. `public` allows HTTPS addresses on the public internet. `any` also allows plain
   * HTTP and private addresses.
   *
   * Costs: nothing.
   *
   * Change it: to `any` on a laptop and in tests only. With it, anyone who may submit a job can send requests to all
   * that the function can reach.
   * @default 'public'
   */
  readonly webhookTargets?: 'public' | 'any'
  /**
   * The lanes by name. Each is a worker function with one SQS queue for each priority. A task chooses its lane by the
   * option `queue`.
   *
   * Costs: about $2 a month while it is idle: Lambda polls the eight queues of a lane, and AWS bills SQS requests.
   *
   * Change it: if tasks need more memory or time than others, or must not share their workers.
   * @default { default: {} }
   */
  readonly lanes?: Readonly<Record<string, LaneInput>>
}

/**
 * The settings of one lane.
 *
 * @example
 * const video: LaneInput = { memoryMb: 4096, timeout: '15m', maxConcurrency: { low: 2 } }
 */
export interface LaneInput {
  /**
   * The memory of the worker, in MB: 128 to 10240. CPU grows with it: 1,769 MB are one whole core.
   *
   * Costs: workers are billed by memory and time.
   *
   * Change it: up, if tasks compute or run out of memory; down, if they only wait.
   * @default 1024
   */
  readonly memoryMb?: number
  /**
   * The timeout of the worker: 1 second to 15 minutes. Two seconds of it, or a fifth if that is less, are kept back to
   * store the outcomes. A task of the lane with a longer timeout than the rest is refused.
   *
   * Costs: nothing by itself: only the time that is used is billed.
   *
   * Change it: if a task needs longer. Give such tasks a lane of their own.
   * @default '1m'
   */
  readonly timeout?: Duration
  /**
   * The most workers at once: one number for each priority, or an object of numbers by priority, 2 to 1000.
   *
   * Costs: nothing.
   *
   * Change it: to protect what the tasks call, or to leave the account's limit of concurrent functions to others.
   * @default - the limit of the account
   */
  readonly maxConcurrency?: number | Readonly<Partial<Record<Priority, number>>>
}

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
