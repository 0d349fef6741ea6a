import { setTimeout as sleep } from 'node:timers/promises'
import type { Jobwire, JobStatus, JobUpdate } from '@jobwire/sdk'

/** The pause between two looks for jobs that have come to the status. */
const RELIST_MS = 2_000

/** Every change of the jobs that have one of these statuses at some look, without an end. */
export async function* watchByStatus(jobs: Jobwire, status: readonly JobStatus[]): AsyncGenerator<JobUpdate> {
  const updates: JobUpdate[] = []
  let failure: { readonly error: unknown } | undefined
  const watched = new Set<string>()
  const follow = async (id: string) => {
    try {
      for await (const update of jobs.subscribe(id)) updates.push(update)
    } catch (error) {
      failure ??= { error }
    }
    watched.delete(id)
  }
  // A job that has ended and stays in the list is shown once.
  const listedVersions = new Map<string, number>()
  for (;;) {
    for await (const { id, version } of jobs.list({ status })) {
      if (watched.has(id) || listedVersions.get(id) === version) continue
      watched.add(id)
      listedVersions.set(id, version)
      void follow(id)
    }
    const relistAtMs = performance.now() + RELIST_MS
    while (performance.now() < relistAtMs) {
      yield* updates.splice(0)
      if (failure !== undefined) throw failure.error
      await sleep(50)
    }
  }
}
