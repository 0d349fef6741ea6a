import { ID_PATTERN } from '../../../protocol/job/id.ts'
import { idOfKey } from '../../../protocol/job/key-id.ts'
import type { JobRecord, JobStatus, JobUpdate, SubmitOutcome } from '../../../protocol/job/job.ts'
import type { CountAnswer, FailureAnswer, RetryAnswer } from '../../../protocol/list/list.ts'
import type { GetJobAnswer, JobUpdateAnswer } from '../../../protocol/wire/rest.ts'
import type { PublishBody } from '../../../protocol/manage/publish.ts'
import type { Schedule, ScheduleAnswer, SchedulesAnswer } from '../../../protocol/schedules/schedule.ts'
import type { WorkersAnswer } from '../../../protocol/workers/worker.ts'
import type { Client } from '../client/client.ts'
import { JobwireError } from '../api/errors.ts'
import { follow, watch } from './follow.ts'
import { JobHandle } from '../client/job-handle.ts'
import { WAIT_OPTIONS } from '../api/input.ts'
import { checkId, checkOptions, SUBMIT_OPTIONS } from '../api/input.ts'
import { listAll, listPage } from './list-all.ts'
import { MapRun } from './map-run.ts'
import { COUNT_OPTIONS, queryOf } from './query.ts'
import { pathOf } from '../wire/rest-client.ts'
import { asOne, encodePlain, remove, request } from './request.ts'
import { submitMany } from './submit-many.ts'
import type { CountOptions, RetryFailedOptions, WorkerListOptions } from '../api/list-types.ts'
import type { ScheduleListOptions } from '../api/schedule-types.ts'
import type { Job, MapOptions, WaitOptions } from '../api/types.ts'

const SCHEDULE_FIELDS = [
  ...['name', 'task', 'input', 'cron', 'timezone', 'every', 'paused'],
  ...SUBMIT_OPTIONS.filter((name) => !WAIT_OPTIONS.includes(name)),
]

const PAGE_OPTIONS = ['after', 'limit', ...WAIT_OPTIONS]

/** Every call that is not part of the core, by its name in it. */
export const verbs = {
  idOfKey: (client: Client, key: string) => idOfKey(client.namespace, key),

  submitMany,

  delay: async (client: Client, ...args: readonly unknown[]): Promise<string> => {
    checkOptions(args[2], SUBMIT_OPTIONS)
    const [outcome] = await submitMany(client, [{ task: args[0] as string, input: args[1], ...(args[2] as object) }])
    if (outcome!.error !== undefined) throw outcome!.error
    return outcome!.job.id
  },

  updates: follow,

  subscribe: (client: Client, id: string, options?: WaitOptions) => {
    checkId(id)
    return follow(client, client.known(id), options)
  },

  watch,

  map: async function* (client: Client, task: string, inputs: Iterable<unknown>, options?: MapOptions) {
    const run = new MapRun(client, task, inputs, options, true)
    for await (const item of run.settled()) yield run.collects ? item : item.value
  },

  mapAll: async (client: Client, task: string, inputs: Iterable<unknown>, options?: MapOptions) => {
    const all: unknown[] = []
    for await (const value of verbs.map(client, task, inputs, options)) all.push(value)
    return all
  },

  stream: (client: Client, task: string, inputs: Iterable<unknown>, options?: MapOptions) =>
    new MapRun(client, task, inputs, options, false).settled(),

  get: async (client: Client, id: string, options?: WaitOptions): Promise<JobRecord> => {
    checkId(id)
    const known = client.cache.get(id)
    if (known !== undefined && 'task' in known) return known as JobRecord
    const { job } = await request<GetJobAnswer>(client, 'GET', pathOf(id), options)
    client.cache.put(job)
    return job
  },

  status: async (client: Client, id: string, options?: WaitOptions): Promise<JobStatus> => {
    checkId(id)
    return (client.cache.get(id) ?? (await verbs.get(client, id, options))).status
  },

  cancel: async (client: Client, id: string, options?: WaitOptions): Promise<JobUpdate> => {
    checkId(id)
    const { job } = await request<JobUpdateAnswer>(client, 'POST', `${pathOf(id)}/cancel`, options)
    client.watchList.pushed([job])
    return job
  },

  retry: async (client: Client, id: string, options?: WaitOptions): Promise<Job> => {
    checkId(id)
    client.cache.drop(id)
    let again = false
    const path = `${pathOf(id)}/retry`
    const outcome = await request<SubmitOutcome & { version: number; status: JobStatus }>(
      client,
      'POST',
      path,
      options,
      undefined,
      () => (again = true),
    ).catch((error: unknown) => {
      // The run that a lost answer was about may have succeeded meanwhile.
      if (!again || !JobwireError.is(error, 'ALREADY_FINISHED')) throw error
    })
    client.cache.drop(id)
    const update = outcome
      ? { id, version: outcome.version, status: outcome.status, attempts: 0 }
      : await verbs.get(client, id, options)
    const job = client.known(id)
    job.apply(update)
    return new JobHandle(client, job)
  },

  delete: async (client: Client, id: string, options?: WaitOptions): Promise<void> => {
    checkId(id)
    await remove(client, pathOf(id), 'JOB_NOT_FOUND', options)
    client.cache.drop(id)
  },

  publish: async (client: Client, id: string, body: PublishBody, options?: WaitOptions): Promise<JobUpdate> => {
    checkId(id)
    const json = encodePlain('The publish', body)
    const { job } = await request<JobUpdateAnswer>(client, 'POST', `${pathOf(id)}/publish`, options, json)
    client.watchList.pushed([job])
    return job
  },

  page: listPage,
  list: listAll,

  counts: async (client: Client, options: CountOptions = {}): Promise<CountAnswer['counts'] & { total: number }> => {
    checkOptions(options, COUNT_OPTIONS)
    const sum = await sumOf<CountAnswer>(client, '/counts', options, ({ counts }) => counts)
    return sum as Awaited<ReturnType<typeof verbs.counts>>
  },

  failures: async (client: Client, options: Pick<CountOptions, 'prefix'> & WaitOptions = {}) => {
    checkOptions(options, ['prefix', ...WAIT_OPTIONS])
    const { total: _total, ...codes } = await sumOf<FailureAnswer>(
      client,
      '/failures',
      options,
      (answer) => answer.codes,
    )
    return codes
  },

  retryFailed: async (client: Client, options: RetryFailedOptions & WaitOptions): Promise<SubmitOutcome[]> => {
    checkOptions(options ?? null, ['ids', 'code', 'all', 'prefix', ...WAIT_OPTIONS])
    const { timeout, signal, ...body } = options
    return asOne(client, { timeout, signal }, async (limits) => {
      const outcomes: SubmitOutcome[] = []
      let cursor: string | undefined
      do {
        const json = encodePlain('The retry', { ...body, cursor })
        const answer = await request<RetryAnswer>(client, 'POST', '/retries', limits, json)
        // At once: those of this page run again even if the next page fails.
        for (const { id } of answer.jobs) if (id !== undefined) client.cache.drop(id)
        outcomes.push(...answer.jobs)
        ;({ cursor } = answer)
      } while (cursor !== undefined)
      return outcomes
    })
  },

  'schedules.create': async (client: Client, wanted: object, options?: WaitOptions): Promise<Schedule> => {
    checkOptions(wanted ?? null, SCHEDULE_FIELDS)
    const { input, runTimeout, ...fields } = wanted as Record<string, unknown>
    const json = encodePlain('The schedule', { ...fields, timeout: runTimeout, input })
    return (await request<ScheduleAnswer>(client, 'POST', '/schedules', options, json)).schedule
  },
  'schedules.get': (client: Client, name: string, options?: WaitOptions) => schedule(client, 'GET', name, '', options),
  'schedules.pause': (client: Client, name: string, options?: WaitOptions) =>
    schedule(client, 'POST', name, '/pause', options),
  'schedules.resume': (client: Client, name: string, options?: WaitOptions) =>
    schedule(client, 'POST', name, '/resume', options),
  'schedules.delete': async (client: Client, name: string, options?: WaitOptions): Promise<void> => {
    await remove(client, schedulePath(name), 'SCHEDULE_NOT_FOUND', options)
  },
  'schedules.page': (client: Client, options: ScheduleListOptions = {}): Promise<SchedulesAnswer> => {
    checkOptions(options, PAGE_OPTIONS)
    const { timeout, signal } = options
    return request(client, 'GET', `/schedules${queryOf(options)}`, { timeout, signal })
  },
  'schedules.list': (client: Client, options: ScheduleListOptions = {}) =>
    eachPage(
      options,
      (each) => verbs['schedules.page'](client, each),
      ({ schedules }) => schedules,
    ),

  workersPage: (client: Client, options: WorkerListOptions = {}): Promise<WorkersAnswer> => {
    checkOptions(options, ['queue', ...PAGE_OPTIONS])
    const { timeout, signal } = options
    return request(client, 'GET', `/workers${queryOf(options)}`, { timeout, signal })
  },
  workers: (client: Client, options: WorkerListOptions = {}) =>
    eachPage(
      options,
      (each) => verbs.workersPage(client, each),
      ({ workers }) => workers,
    ),
}

export type VerbName = keyof typeof verbs

/** Everything from behind `after` on, page by page, as it is asked for. */
async function* eachPage<Options extends { readonly after?: string | undefined }, Page extends { next?: string }, Item>(
  options: Options,
  read: (options: Options) => Promise<Page>,
  itemsOf: (page: Page) => readonly Item[],
): AsyncGenerator<Item, void, undefined> {
  let page = await read(options)
  for (;;) {
    yield* itemsOf(page)
    if (page.next === undefined) return
    page = await read({ ...options, after: page.next })
  }
}

function schedulePath(name: string): string {
  if (typeof name === 'string' && ID_PATTERN.test(name)) return `/schedules/${encodeURIComponent(name)}`
  throw new JobwireError('INVALID_OPTION', 'The name of a schedule has letters, digits and . _ : - in it.')
}

async function schedule(
  client: Client,
  method: string,
  name: string,
  action: string,
  options?: WaitOptions,
): Promise<Schedule> {
  return (await request<ScheduleAnswer>(client, method, schedulePath(name) + action, options)).schedule
}

/** Asks for every part of a count and adds them up. */
function sumOf<Answer extends { readonly total: number; readonly cursor?: string }>(
  client: Client,
  path: string,
  options: CountOptions,
  read: (answer: Answer) => Readonly<Record<string, number>>,
): Promise<Record<string, number> & { total: number }> {
  return asOne(client, options, async (limits) => {
    const sum: Record<string, number> & { total: number } = { total: 0 }
    let cursor: string | undefined
    do {
      const query = queryOf({ ...options, ...(cursor && { cursor }) })
      const answer = await request<Answer>(client, 'GET', path + query, limits)
      for (const [name, number] of Object.entries(read(answer))) sum[name] = (sum[name] ?? 0) + number
      sum.total += answer.total
      ;({ cursor } = answer)
    } while (cursor !== undefined)
    return sum
  })
}
