import { JobwireError, type Jobwire } from '@jobwire/sdk'
import { createTestClient } from '@jobwire/sdk/testing'
import { tasks } from '../../../tasks/index.ts'
import { connectAs, type Tasks } from './target.ts'

/** A client, and a function that lets time pass for it: by moving its clock, or by doing nothing for the real one. */
export interface Subject {
  readonly jobs: Jobwire<Tasks>
  readonly pass: (ms: number) => Promise<void>
}

/** The client in memory and the real one. The tests expect the same of both. */
export const SUBJECTS: readonly [name: string, open: (namespace: string) => Promise<Subject>][] = [
  [
    'in memory',
    async (namespace) => {
      const jobs = createTestClient<Tasks>({ tasks, namespace })
      return { jobs, pass: (ms) => jobs.advance(ms) }
    },
  ],
  ['of the platform', async (namespace) => ({ jobs: await connectAs(namespace), pass: async () => {} })],
]

export async function errorOf(promise: PromiseLike<unknown>): Promise<JobwireError> {
  const error: unknown = await promise.then(
    (value) => new Error(`It resolved: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  if (!JobwireError.is(error)) throw error
  return error
}

export async function codeOf(promise: PromiseLike<unknown>): Promise<string> {
  return (await errorOf(promise)).code
}

export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}
