import type { Job, RunOptions, WaitOptions } from './types.ts'
import type { Client } from './client.ts'
import { checkId, checkOptions, SUBMIT_OPTIONS } from './input.ts'
import { JobHandle } from './job-handle.ts'
import { verbs } from './verbs.ts'

/** What is not a call of its own under its name. */
const INNER: ReadonlySet<string> = new Set(['map', 'mapAll', 'list', 'page', 'updates', 'idOfKey'])

type Call = (client: Client, ...args: unknown[]) => unknown

/** The calls of a client, all of them at hand: nothing is loaded later. */
export function callsOf(client: Client): Record<string, unknown> {
  const bound =
    (verb: keyof typeof verbs) =>
    (...args: unknown[]) =>
      (verbs[verb] as Call)(client, ...args)
  const either =
    (whole: keyof typeof verbs, pieces: keyof typeof verbs) =>
    (...args: unknown[]) => ({
      // oxlint-disable-next-line unicorn/no-thenable -- being awaited is what it is for
      then: (...settle: Parameters<Promise<unknown>['then']>) =>
        Promise.resolve()
          .then(() => bound(whole)(...args))
          .then(...settle),
      [Symbol.asyncIterator]: () => bound(pieces)(...args),
    })
  const names = Object.keys(verbs) as (keyof typeof verbs)[]
  const take = (taken: (keyof typeof verbs)[], of = '') =>
    Object.fromEntries(taken.map((name) => [name.slice(of.length), bound(name)]))
  const submit = async (task: string, input?: unknown, options: RunOptions = {}): Promise<Job> => {
    checkOptions(options, SUBMIT_OPTIONS)
    const [outcome] = await verbs.submitMany(client, [{ ...options, task, input }])
    if (outcome!.error !== undefined) throw outcome!.error
    return outcome!.job
  }
  const scheduleVerbs = names.filter((name) => name.startsWith('schedules.'))
  return {
    namespace: client.namespace,
    ...take(names.filter((name) => !INNER.has(name) && !scheduleVerbs.includes(name))),
    map: either('mapAll', 'map'),
    list: either('page', 'list'),
    schedules: { ...take(scheduleVerbs, 'schedules.'), list: either('schedules.page', 'schedules.list') },
    submit,
    run: async (task: string, input?: unknown, options: RunOptions = {}) => {
      const { timeout, signal } = options
      return (await submit(task, input, options)).result({ timeout, signal })
    },
    result: async (id: string, options?: WaitOptions) => {
      checkId(id)
      return new JobHandle(client, client.known(id)).result(options)
    },
    on: () => () => {},
    close: () => client.close(),
  }
}
