import type { Priority } from '../protocol/job/priority.ts'
import type { Duration } from '../protocol/kit/policy.ts'

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
