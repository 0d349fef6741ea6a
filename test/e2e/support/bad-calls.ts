import type { Jobwire } from '@jobwire/sdk'

/** Values that are not names. */
const NO_NAME = {
  undefined,
  null: null,
  'a number': 7,
  'an object': {},
  'an array': ['x'],
  'an empty string': '',
  'a symbol': Symbol('s'),
  'a function': () => 'x',
  'a BigInt': 7n,
}
const NO_ID = {
  ...NO_NAME,
  'a space': 'a b',
  'a step': '..',
  'too long': 'x'.repeat(129),
  'half a character': '\ud800',
}
const NO_OPTIONS = { null: null, 'a number': 7, 'a string': 'x', 'a symbol': Symbol('s'), 'a function': () => {} }
const NO_LIST = {
  undefined,
  null: null,
  'a number': 7,
  'an object': {},
  'a string': 'x',
  'a symbol': Symbol('s'),
  'a function': () => {},
}
const NO_OBJECT = { undefined, null: null, 'a number': 7, 'a string': 'x', 'a symbol': Symbol('s') }
const NO_DURATION = {
  null: null,
  'a negative one': -1,
  NaN,
  Infinity,
  'a word': 'soon',
  'an object': {},
  'a symbol': Symbol('s'),
  'a BigInt': 7n,
}
const NO_SIGNAL = { null: null, 'a number': 7, 'an object': {}, 'a controller': new AbortController() }
const NO_LIMIT = {
  null: null,
  nought: 0,
  'a negative one': -1,
  NaN,
  'a fraction': 1.5,
  'a word': 'many',
  'an object': {},
  'a symbol': Symbol('s'),
  'a BigInt': 7n,
}
const NO_TIME = {
  null: null,
  'a word': 'yesterday',
  'no date': new Date(NaN),
  'an object': {},
  'a symbol': Symbol('s'),
}

async function* later() {
  yield { task: 'uuid' }
}

/** One argument of one call, its invalid values, the codes that fit, and the pattern that the message must match. */
export interface BadCall {
  readonly what: string
  readonly bad: Readonly<Record<string, unknown>>
  readonly call: (bad: any) => unknown
  readonly codes: readonly string[]
  readonly names: RegExp
}

export const bad = (
  what: string,
  values: object,
  call: (bad: any) => unknown,
  code: string | string[],
  names: RegExp,
): BadCall => ({
  what,
  bad: values as Record<string, unknown>,
  call,
  codes: [code].flat(),
  names,
})

const INVALID = 'INVALID_OPTION'
/** The platform's code, for arguments that the client leaves to it. */
const EITHER = [INVALID, 'INVALID_REQUEST']

/** Every argument of every call, except the options. */
export function badArguments(jobs: Jobwire<any>): BadCall[] {
  const { schedules } = jobs
  return [
    ...[jobs.submit, jobs.delay, jobs.run].map((verb, index) =>
      bad(`${['submit', 'delay', 'run'][index]}: task`, NO_NAME, (task) => verb(task), INVALID, /task/),
    ),
    bad('map: task', NO_NAME, (task) => jobs.map(task, [1]), INVALID, /task/),
    bad('map: task, of no inputs', NO_NAME, (task) => jobs.map(task, []), INVALID, /task/),
    bad('stream: task', NO_NAME, (task) => jobs.stream(task, [1]), INVALID, /task/),
    bad('map: inputs', NO_LIST, (inputs) => jobs.map('uuid', inputs), INVALID, /inputs/),
    bad('stream: inputs', NO_LIST, (inputs) => jobs.stream('uuid', inputs), INVALID, /inputs/),
    bad(
      'submitMany: jobs',
      { ...NO_LIST, 'an async iterable': later() },
      (all) => jobs.submitMany(all),
      INVALID,
      /list of jobs/,
    ),
    bad('submitMany: a job', NO_OBJECT, (job) => onlyError(jobs.submitMany([job])), INVALID, /job/),
    bad('submitMany: task', NO_NAME, (task) => onlyError(jobs.submitMany([{ task }])), INVALID, /task/),
    bad(
      'watch: target',
      { ...NO_LIST, 'an async iterable': later() },
      (ids) => jobs.watch(ids),
      INVALID,
      /list of ids/,
    ),
    bad('watch: an id', NO_ID, (id) => jobs.watch([id]), 'INVALID_ID', /id/),
    bad('watch: prefix', NO_ID, (prefix) => jobs.watch({ prefix }), 'INVALID_OPTION', /prefix/),
    bad('publish: body', NO_OBJECT, (body) => jobs.publish('x', body), INVALID, /publish/),
    bad('retryFailed: code', { 'a number': 7, 'an object': {} }, (code) => jobs.retryFailed({ code }), EITHER, /code/),
    bad('retryFailed: all', { false: false, 'a string': 'x' }, (all) => jobs.retryFailed({ all }), EITHER, /all/),
    bad(
      'on: event',
      { ...NO_NAME, 'a symbol': 'offlin', another: 'onlin' },
      async (event) => jobs.on(event, () => {}),
      INVALID,
      /online/,
    ),
    ...(['subscribe', 'result', 'status', 'get', 'cancel', 'retry', 'delete'] as const).map((verb) =>
      bad(`${verb}: id`, NO_ID, (id) => jobs[verb](id), 'INVALID_ID', /id/),
    ),
    bad('publish: id', NO_ID, (id) => jobs.publish(id, { progress: {} }), 'INVALID_ID', /id/),
    ...(['get', 'pause', 'resume', 'delete'] as const).map((verb) =>
      bad(`schedules.${verb}: name`, NO_ID, (name) => schedules[verb](name), INVALID, /name/),
    ),
    bad('schedules.create: schedule', NO_OBJECT, (schedule) => schedules.create(schedule), INVALID, /schedule|options/),
    bad(
      'schedules.create: name',
      NO_ID,
      (name) => schedules.create({ name, task: 'uuid', every: '1h' }),
      [...EITHER, 'INVALID_ID'],
      /name/,
    ),
    bad(
      'schedules.create: task',
      NO_NAME,
      (task) => schedules.create({ name: 'x', task, every: '1h' }),
      EITHER,
      /task/,
    ),
    bad(
      'schedules.create: cron',
      { 'a word': 'daily', 'five fields': '* * * * *' },
      (cron) => schedules.create({ name: 'x', task: 'uuid', cron }),
      'INVALID_SCHEDULE',
      /cron/,
    ),
    bad(
      'schedules.create: cron',
      { 'a number': 7 },
      (cron) => schedules.create({ name: 'x', task: 'uuid', cron }),
      EITHER,
      /cron/,
    ),
    bad(
      'schedules.create: every',
      { 'less than a minute': '5s', 'too long': '366d' },
      (every) => schedules.create({ name: 'x', task: 'uuid', every }),
      EITHER,
      /every/,
    ),
  ]
}

type Call = readonly [name: string, call: (options: any) => unknown]

/** Every call, with valid other arguments, ready to be given options. */
export function callsWithOptions(jobs: Jobwire<any>): Call[] {
  const { schedules } = jobs
  return [
    ['submit', (options) => jobs.submit('uuid', undefined, options)],
    ['delay', (options) => jobs.delay('uuid', undefined, options)],
    ['run', (options) => jobs.run('uuid', undefined, options)],
    ['submitMany', (options) => jobs.submitMany([{ task: 'uuid' }], options)],
    ['submitMany of none', (options) => jobs.submitMany([], options)],
    ['map', (options) => jobs.map('uuid', [1], options)],
    ['map, read', (options) => jobs.map('uuid', [1], options)[Symbol.asyncIterator]()],
    ['stream', (options) => jobs.stream('uuid', [1], options)],
    ['subscribe', (options) => jobs.subscribe('x', options)],
    ['watch', (options) => jobs.watch(['x'], options)],
    ['watch of none', (options) => jobs.watch([], options)],
    ['watch of a prefix', (options) => jobs.watch({ prefix: 'x' }, options)],
    ['result', (options) => jobs.result('x', options)],
    ['status', (options) => jobs.status('x', options)],
    ['get', (options) => jobs.get('x', options)],
    ['list', (options) => jobs.list(options)],
    ['list, read', (options) => jobs.list(options)[Symbol.asyncIterator]()],
    ['counts', (options) => jobs.counts(options)],
    ['failures', (options) => jobs.failures(options)],
    ['cancel', (options) => jobs.cancel('x', options)],
    ['retry', (options) => jobs.retry('x', options)],
    ['delete', (options) => jobs.delete('x', options)],
    ['publish', (options) => jobs.publish('x', { progress: { percent: 1 } }, options)],
    ['schedules.create', (options) => schedules.create({ name: 'x', task: 'uuid', every: '1h' }, options)],
    ['schedules.get', (options) => schedules.get('x', options)],
    ['schedules.list', (options) => schedules.list(options)],
    ['schedules.list, read', (options) => schedules.list(options)[Symbol.asyncIterator]()],
    ['schedules.pause', (options) => schedules.pause('x', options)],
    ['schedules.resume', (options) => schedules.resume('x', options)],
    ['schedules.delete', (options) => schedules.delete('x', options)],
  ]
}

/** The options that every call has. */
export function badOptions([name, call]: Call): BadCall[] {
  return [
    bad(`${name}: options`, NO_OPTIONS, call, INVALID, /options/),
    bad(`${name}: an unknown option`, { misspelt: { timeuot: 5 } }, call, INVALID, /timeuot/),
    bad(`${name}: timeout`, NO_DURATION, (timeout) => call({ timeout }), INVALID, /timeout/),
    bad(`${name}: signal`, NO_SIGNAL, (signal) => call({ signal }), INVALID, /signal/),
  ]
}

/** The options of lists and maps. */
export function badFilters(jobs: Jobwire<any>): BadCall[] {
  const lists: Call[] = [
    ['list', (options) => jobs.list(options)],
    ['list, read', (options) => jobs.list(options)[Symbol.asyncIterator]()],
  ]
  const maps: Call[] = [
    ['map', (options) => jobs.map('uuid', [1], options)],
    ['stream', (options) => jobs.stream('uuid', [1], options)],
  ]
  return [
    ...lists.flatMap(([name, call]) => [
      bad(`${name}: limit`, NO_LIMIT, (limit) => call({ limit }), EITHER, /limit/),
      bad(
        `${name}: status`,
        { another: 'done', 'a number': 7, null: null },
        (status) => call({ status }),
        EITHER,
        /status/,
      ),
      bad(`${name}: order`, { another: 'up', null: null }, (order) => call({ order }), EITHER, /order/),
      bad(`${name}: include`, { another: 'all', null: null }, (include) => call({ include }), EITHER, /include/),
      bad(`${name}: cursor`, { 'none of ours': 'abc' }, (cursor) => call({ cursor }), 'INVALID_CURSOR', /cursor/),
    ]),
    ...[...lists, ['counts', (options: any) => jobs.counts(options)] as Call].flatMap(([name, call]) => [
      bad(`${name}: since`, NO_TIME, (since) => call({ since }), EITHER, /since/),
      bad(`${name}: until`, NO_TIME, (until) => call({ until }), EITHER, /until/),
      bad(
        `${name}: prefix`,
        { 'a space': 'a b', null: null },
        (prefix) => call({ prefix }),
        [...EITHER, 'INVALID_ID'],
        /prefix/,
      ),
      bad(
        `${name}: tags`,
        { 'a symbol': Symbol('s'), 'an object': {}, 'a list of null': [null] },
        (tags) => call({ tags }),
        EITHER,
        /tags/,
      ),
      bad(
        `${name}: metadata`,
        { null: null, 'a string': 'x', nested: { a: {} } },
        (metadata) => call({ metadata }),
        EITHER,
        /metadata/,
      ),
    ]),
    bad('schedules.list: limit', NO_LIMIT, (limit) => jobs.schedules.list({ limit }), EITHER, /limit/),
    ...maps.flatMap(([name, call]) => [
      bad(
        `${name}: concurrency`,
        { ...NO_LIMIT, 'too many': 100_001 },
        (concurrency) => call({ concurrency }),
        INVALID,
        /concurrency/,
      ),
      bad(`${name}: errors`, { another: 'ignore', null: null }, (errors) => call({ errors }), INVALID, /errors/),
      bad(
        `${name}: onProgress`,
        { null: null, 'a number': 7 },
        (onProgress) => call({ onProgress }),
        INVALID,
        /onProgress/,
      ),
      bad(`${name}: id`, { 'a string': 'x', null: null }, (id) => call({ id }), INVALID, /id/),
      bad(
        `${name}: what id makes`,
        { 'a number': 7, 'a space': 'a b' },
        (id) => call({ id: () => id }),
        'INVALID_ID',
        /id/,
      ),
    ]),
  ]
}

/** The job options of a submit, which the platform checks. */
export function badJobs(jobs: Jobwire<any>): BadCall[] {
  const submits: Call[] = [
    ['submit', (options) => jobs.submit('uuid', undefined, options)],
    ['delay', (options) => jobs.delay('uuid', undefined, options)],
    ['run', (options) => jobs.run('uuid', undefined, options)],
    ['submitMany', (options) => onlyError(jobs.submitMany([{ task: 'uuid', ...options }]))],
  ]
  return submits.flatMap(([name, call]) => [
    bad(
      `${name}: id`,
      { 'a number': 7, 'a space': 'a b', 'an empty string': '', 'an object': {} },
      (id) => call({ id }),
      'INVALID_ID',
      /id/,
    ),
    bad(
      `${name}: idempotencyKey`,
      { 'a number': 7, 'an empty string': '', 'too long': 'x'.repeat(257) },
      (idempotencyKey) => call({ idempotencyKey }),
      EITHER,
      /idempotencyKey/,
    ),
    bad(`${name}: priority`, { another: 'urgent', null: null }, (priority) => call({ priority }), EITHER, /priority/),
    bad(`${name}: attempts`, NO_LIMIT, (attempts) => call({ attempts }), EITHER, /attempts/),
    bad(`${name}: delay`, NO_DURATION, (delay) => call({ delay }), EITHER, /delay/),
    bad(`${name}: runTimeout`, NO_DURATION, (runTimeout) => call({ runTimeout }), EITHER, /[tT]imeout/),
    bad(
      `${name}: metadata`,
      { 'a string': 'x', nested: { a: {} }, 'a BigInt': { a: 7n } },
      (metadata) => call({ metadata }),
      EITHER,
      /metadata|"a"/,
    ),
    bad(`${name}: tags`, { 'a string': 'x', 'a list of null': [null] }, (tags) => call({ tags }), EITHER, /tags/),
    bad(`${name}: webhook`, { 'a string': 'x', 'no url': {} }, (webhook) => call({ webhook }), EITHER, /webhook/),
    bad(
      `${name}: webhook.url`,
      { 'no https': 'ftp://x' },
      (url) => call({ webhook: { url } }),
      ['INVALID_WEBHOOK', 'INVALID_REQUEST'],
      /url|address|https/,
    ),
  ])
}

/** Returns the one outcome of a `submitMany` as if it were the answer of a `submit`. */
export async function onlyError(outcomes: Promise<readonly { readonly error?: Error | undefined }[]>): Promise<void> {
  const [outcome] = await outcomes
  if (outcome?.error !== undefined) throw outcome.error
}
